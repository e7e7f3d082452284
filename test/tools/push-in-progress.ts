/** A push by the real git client that is watched while it goes on. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endGroup } from '../../src/machine/run-command.ts'
import { type GitOutcome, startGit } from './git-client.ts'

export class PushInProgress {
  readonly #child: ReturnType<typeof startGit>
  readonly #lines: string[] = []
  #wake: (() => void) | null = null
  #isOver = false
  /** When git has ended and every line of it was read. */
  readonly ended: Promise<GitOutcome>

  constructor(dir: string, args: readonly string[]) {
    this.#child = startGit(dir, args)
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('git got no pipes')
    stdout.resume()
    const reader = createInterface({ input: stderr })
    reader.on('line', (line) => {
      this.#lines.push(line)
      this.#wake?.()
    })
    this.ended = this.#end()
  }

  /** The first line that matches, as soon as the pusher sees it; fails when git ends before. */
  async untilLine(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line))
      if (found !== undefined) return found
      if (this.#isOver) throw new Error(`no ${String(pattern)} in:\n${this.#lines.join('\n')}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Ctrl-C: the terminal sends it to git and to all that git has started. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT')
  }

  /** As when the pusher closes the terminal. */
  leave(): void {
    endGroup(this.#child)
  }

  async #end(): Promise<GitOutcome> {
    const [exitCode] = (await once(this.#child, 'close')) as [number | null]
    this.#isOver = true
    this.#wake?.()
    return { exitCode, stdout: '', stderr: `${this.#lines.join('\n')}\n` }
  }
}
