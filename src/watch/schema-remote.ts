/**
 * The git side of one watched project: what its production branch says now, a commit of
 * `schema.json` on top of it, and the push that deploys it. By simple-git, and with fixed words:
 * what comes from files goes by standard input. There is no work tree, so that no attribute, filter
 * or half-made state of one can change what is pushed; and every command says something, since
 * simple-git waits a moment for those that are silent.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type SimpleGit, simpleGit } from 'simple-git'
import type { AppSchema } from '../domain/schema/app-schema.ts'
import { checkSchema } from '../domain/schema/check-schema.ts'
import { describeSchemaChange } from '../domain/schema-change.ts'
import { findOwnSource, schemaPath } from '../domain/schema-plan.ts'
import { buildGitEnvironment, type EnvironmentWish } from './git-environment.ts'
import { type PushFailure, readPushFailure } from './push-failure.ts'
import type { RemoteAddress } from './remote-address.ts'

const author = { name: 'slipway watch', email: 'slipway-watch@localhost' }
/** What reads its standard input. */
const writing = new Set(['hash-object', 'mktree', 'commit-tree'])
/** Who else pushes at the same time is built upon; so often, and no more. */
const attemptsMax = 5

export type DeployOutcome =
  | { readonly kind: 'live' | 'unchanged' }
  /** This makes the project an app of its own, whose schema.json is not looked at. */
  | { readonly kind: 'own_app'; readonly holds: string }
  | PushFailure

export interface DeployWish {
  readonly text: string
  readonly schema: AppSchema
}

export interface RemoteParts {
  readonly environment: EnvironmentWish['own']
  /** Ends what git does. */
  readonly signal: AbortSignal
}

/** What the production branch is. */
interface RemoteHead {
  /** Null while nothing was pushed. */
  readonly commit: string | null
  /** Null where it has no schema.json. */
  readonly schema: string | null
  readonly ownApp: string | null
  /** Of its root, as `git ls-tree` writes them and `git mktree` takes them. */
  readonly entries: readonly string[]
}

export class SchemaRemote implements AsyncDisposable {
  readonly #address: RemoteAddress
  readonly #folder: string
  #git: SimpleGit
  #input = ''
  #onLine: (line: string) => void = () => undefined

  private constructor(address: RemoteAddress, folder: string, parts: RemoteParts) {
    this.#address = address
    this.#folder = folder
    this.#git = this.#withAuthor(null, parts)
  }

  /** Its repository is in a folder for temporary files, and goes with it. */
  static async open(address: RemoteAddress, parts: RemoteParts): Promise<SchemaRemote> {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-watch-'))
    const remote = new SchemaRemote(address, folder, parts)
    try {
      await remote.#git.raw(['init', '--quiet'])
      const known = await remote.#git.raw(['var', 'GIT_COMMITTER_IDENT']).catch(() => null)
      if (known === null) remote.#git = remote.#withAuthor(author, parts)
      return remote
    } catch (error) {
      await remote[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Makes the schema what is live; `onLine` gets what the server says meanwhile. */
  async deploy(wish: DeployWish, onLine: (line: string) => void): Promise<DeployOutcome> {
    this.#onLine = onLine
    for (let attempt = 1; ; attempt += 1) {
      try {
        const head = await this.#fetch()
        if (head.ownApp !== null) return { kind: 'own_app', holds: head.ownApp }
        if (isSameJson(head.schema, wish.text)) return { kind: 'unchanged' }
        await this.#push(await this.#commit(wish, head))
        return { kind: 'live' }
      } catch (error) {
        const failure = readPushFailure(error)
        if (failure.kind !== 'moved' || attempt === attemptsMax) return failure
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #withAuthor(named: EnvironmentWish['author'], { environment, signal }: RemoteParts): SimpleGit {
    const given = buildGitEnvironment({ own: environment, address: this.#address, author: named })
    return simpleGit({
      baseDir: this.#folder,
      abort: signal,
      input: ([verb]) => (writing.has(verb ?? '') ? this.#input : undefined),
      // All of it was chosen by name.
      allowEnvironment: Object.keys(given),
      unsafe: { allowUnsafeConfigEnvCount: true, allowUnsafeConfigPaths: true },
    })
      .env(given)
      .outputHandler((...[, , progress, [verb]]) => {
        if (verb !== 'push') return
        createInterface({ input: progress }).on('line', (line) => {
          const said = /^remote: (.*?)\s*$/.exec(line)?.[1]
          if (said !== undefined) this.#onLine(said)
        })
      })
  }

  async #fetch(): Promise<RemoteHead> {
    const { url, branch } = this.#address
    const ref = `refs/heads/${branch}`
    const refs = (await this.#git.raw(['ls-remote', '--', url, ref])).split('\n')
    // Names that only end like this are listed too.
    const commit = refs.find((line) => line.endsWith(`\t${ref}`))?.split('\t')[0]
    if (commit === undefined) return { commit: null, schema: null, ownApp: null, entries: [] }
    await this.#git.raw(['fetch', '--depth=1', '--no-tags', '--', url, ref])
    const entries = (await this.#git.raw(['ls-tree', commit])).split('\n').slice(0, -1)
    const names = entries.map((entry) => entry.slice(entry.indexOf('\t') + 1))
    const ownApp = findOwnSource(names.map((path) => ({ path })))
    const schema = names.includes(schemaPath)
      ? await this.#git.raw(['cat-file', 'blob', `${commit}:${schemaPath}`])
      : null
    return { commit, schema, ownApp, entries }
  }

  async #commit({ text, schema }: DeployWish, head: RemoteHead): Promise<string> {
    const { commit, entries } = head
    const blob = await this.#write(['hash-object', '-w', '--stdin'], text)
    const others = entries.filter((entry) => !entry.endsWith(`\t${schemaPath}`))
    const lines = [...others, `100644 blob ${blob}\t${schemaPath}`].map((entry) => `${entry}\n`)
    const tree = await this.#write(['mktree'], lines.join(''))
    const onTop = commit === null ? [] : ['-p', commit]
    const message = describeSchemaChange(readSchema(head.schema), schema)
    return this.#write(['commit-tree', ...onTop, tree], message)
  }

  async #push(commit: string): Promise<void> {
    const { url, branch } = this.#address
    const refs = `${commit}:refs/heads/${branch}`
    await this.#git.raw(['push', '--porcelain', '--no-verify', '--', url, refs])
  }

  /** Answers the object that was made of `input`. */
  async #write(words: readonly string[], input: string): Promise<string> {
    this.#input = input
    return (await this.#git.raw([...words])).trim()
  }
}

/** Null where what is there could not be deployed today. */
function readSchema(text: string | null): AppSchema | null {
  const check = text === null ? null : checkSchema(text)
  return check === null || 'problems' in check ? null : check.schema
}

/** How it is laid out does not matter. */
function isSameJson(known: string | null, text: string): boolean {
  if (known === null || known === text) return known === text
  try {
    return JSON.stringify(JSON.parse(known)) === JSON.stringify(JSON.parse(text))
  } catch {
    return false
  }
}
