/**
 * One request joined to one git: bytes in, bytes out, at the speed of the slower side. However it
 * ends, no process of it is left.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Duplex, type Readable, type Writable } from 'node:stream'
import type { PushHandler } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { endGroup, startProcess } from '../machine/run-command.ts'
import type { GitCommand, GitLimits } from './git-command.ts'
import { HookChannel } from './hook-channel.ts'
import { PushConversation } from './push-conversation.ts'
import type { Pusher } from './push-reading.ts'

export class GitExchange {
  readonly input: Writable
  readonly #child: ReturnType<typeof startProcess>
  readonly #output: Readable
  readonly #response: ServerResponse
  readonly #conversation: PushConversation | null
  readonly #limits: GitLimits
  #errorText = ''
  #stopReason: SlipwayError | null = null

  /** `push` is given where git may move refs: then its hooks get a socket to the handler. */
  constructor(
    command: GitCommand,
    response: ServerResponse,
    options: {
      readonly limits: GitLimits
      readonly push: { readonly handler: PushHandler; readonly pusher: Pusher } | null
    },
  ) {
    const { push, limits } = options
    this.#limits = limits
    this.#response = response
    const pipes = ['pipe', 'pipe', 'pipe', ...(push === null ? [] : (['pipe'] as const))] as const
    this.#child = startProcess(command, [...pipes])
    const { stdin, stdout, stderr } = this.#child
    if (stdin === null || stdout === null || stderr === null) throw new Error('git got no pipes')
    this.input = stdin
    this.#output = stdout
    stderr.on('data', (part: Buffer) => {
      if (this.#errorText.length < 4_096) this.#errorText += part.toString()
    })
    const socket = this.#child.stdio[3]
    this.#conversation =
      push !== null && socket instanceof Duplex
        ? new PushConversation(new HookChannel(socket, limits), push.handler, push.pusher)
        : null
  }

  /**
   * Sends git's answer, with `preface` before its first byte. Rejects where git failed without an
   * answer (the response is then as it was) and where the handler met a defect.
   */
  async run(preface: string): Promise<void> {
    const timer = setTimeout(() => {
      this.stop(new SlipwayError('push_abandoned'))
      endGroup(this.#child)
    }, this.#limits.gitTimeoutMs)
    this.#response.on('close', () => {
      this.#leaveIfUnfinished()
    })
    this.#leaveIfUnfinished()
    this.#output.once('readable', () => {
      this.#startAnswer(preface)
    })
    try {
      const held = this.#conversation?.hold()
      const closed = once(this.#child, 'close') as Promise<[number | null, string | null]>
      const [exitCode, signalName] = await closed
      // Who waits for a git that was ended need not wait for the handler to notice it.
      if (exitCode === null && this.#stopReason !== null) this.#endCut(this.#stopReason)
      await held
      try {
        await this.#conversation?.settle()
      } finally {
        this.#finishAnswer(exitCode ?? signalName)
      }
    } finally {
      clearTimeout(timer)
      endGroup(this.#child)
    }
    const defect = this.#conversation?.defect ?? null
    if (defect !== null) throw defect
  }

  /**
   * Ends git at once; but once the handler has the push, it is told and decides, and git still does
   * what it says.
   */
  stop(reason: SlipwayError): void {
    this.#stopReason ??= reason
    this.#conversation?.abort(reason)
    if (this.#conversation?.isReceived !== true) endGroup(this.#child)
  }

  /** Ends git whatever it does. */
  kill(): void {
    endGroup(this.#child)
  }

  /** Nobody reads the answer any more, and git must not wait for one who does. */
  #leaveIfUnfinished(): void {
    if (this.#response.writableFinished || !this.#response.destroyed) return
    this.#output.unpipe(this.#response)
    this.#output.resume()
    this.stop(new SlipwayError('push_abandoned'))
  }

  #startAnswer(preface: string): void {
    // The end of an output without a byte is readable too.
    if (this.#response.destroyed || this.#output.readableLength === 0) {
      this.#output.resume()
      return
    }
    this.#response.write(preface)
    this.#output.pipe(this.#response, { end: false })
  }

  #endCut(reason: SlipwayError): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    if (!this.#response.headersSent) {
      this.#response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8' })
      this.#response.write(`${reason.message} ${reason.hintAt('git')}\n`)
    }
    this.#response.end()
  }

  #finishAnswer(exit: number | string | null): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    if (this.#response.headersSent || exit === 0) this.#response.end()
    else throw new Error(`git ended with ${exit}: ${this.#errorText}`)
  }
}
