/** A folder that is watched, and the repositories that are pushed to from it: bare ones with a hook. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FolderParts, type FolderWatch, watchFolder } from '../../src/watch/watch-folder.ts'
import { clientEnvironment, git } from './git-client.ts'
import { until } from './until.ts'

export type Told = { readonly file: string } & Parameters<FolderParts['tell']>[1]

export class WatchedFolder implements AsyncDisposable {
  readonly #root: string
  readonly #watches: FolderWatch[] = []
  readonly told: Told[] = []

  constructor(root: string) {
    this.#root = root
  }

  get folder(): string {
    return join(this.#root, 'schemas')
  }

  repository(slug: string): string {
    return join(this.#root, `${slug}.git`)
  }

  /** A project that can be pushed to. Its hook writes what is pushed to a list. */
  async makeProject(slug: string): Promise<void> {
    const dir = this.repository(slug)
    await git(this.#root, ['init', '--quiet', '--bare', '--initial-branch=main', dir])
    await this.setHook(slug, 'echo "$slug is live"')
  }

  /** What the server does with a push, as shell; it declines by `exit 1`. */
  async setHook(slug: string, script: string): Promise<void> {
    const lines = ['#!/bin/sh', `slug=${slug}`, 'cat >/dev/null', 'echo push >>pushes', script]
    const path = join(this.repository(slug), 'hooks/pre-receive')
    // One that is being started can't be written over.
    await writeFile(`${path}.new`, `${lines.join('\n')}\n`, { mode: 0o755 })
    await rename(`${path}.new`, path)
  }

  /** `how` may replace the times, or the clock. */
  async watch(how: Pick<FolderParts, 'times' | 'wait'> = {}): Promise<FolderWatch> {
    const watching = await watchFolder({
      folder: this.folder,
      environment: { ...clientEnvironment },
      times: { settleMs: 30, halfWrittenMs: 150, awayMs: 50 },
      ...how,
      findAddress: async (slug) => {
        const url = this.repository(slug)
        const isThere = await git(url, ['rev-parse', '--git-dir']).then(
          () => true,
          () => false,
        )
        return isThere ? { url, token: null, branch: 'main' } : null
      },
      tell: (file, tale) => {
        this.told.push({ file, ...tale })
      },
    })
    this.#watches.push(watching)
    return watching
  }

  save(file: string, text: string): Promise<void> {
    return writeFile(join(this.folder, file), text)
  }

  /** As editors and platforms do that never leave half of a file. */
  async replace(file: string, text: string): Promise<void> {
    const temporary = join(this.folder, `.${file}.${crypto.randomUUID()}`)
    await writeFile(temporary, text)
    await rename(temporary, join(this.folder, file))
  }

  /** Until that has been told about a file, so often. */
  async untilTold(file: string, kind: Told['kind'], times = 1): Promise<readonly Told[]> {
    const found = () => this.told.filter((tale) => tale.file === file && tale.kind === kind)
    await until(() => found().length >= times)
    return found()
  }

  /** What is live: the schema on the production branch. */
  live(slug: string): Promise<string> {
    return git(this.repository(slug), ['show', 'main:schema.json'])
  }

  async countPushes(slug: string): Promise<number> {
    const list = await readFile(join(this.repository(slug), 'pushes'), 'utf8').catch(() => '')
    return list.split('\n').length - 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watching of this.#watches) await watching[Symbol.asyncDispose]()
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function makeWatchedFolder(): Promise<WatchedFolder> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-watched-'))
  await mkdir(join(root, 'schemas'))
  return new WatchedFolder(root)
}

/** A small schema; the label tells one from another. */
export function schemaOf(label: string): string {
  return `${JSON.stringify({ tables: { things: { display_name: label, fields: [{ name: 'name', type: 'string' }] } } }, null, 2)}\n`
}
