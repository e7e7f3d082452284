/** The bare repositories on disk, one a project, and what the core asks of them. */
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import type { BranchHead, CommitMade, CommitWish, Repositories } from '../contracts.ts'
import type { TreeEntry } from '../domain/build-plan.ts'
import { SlipwayError } from '../domain/errors.ts'
import { type Oid, type ProjectId, toOid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { hasErrorCode, toDiskError, writeFileAtomically } from '../machine/files.ts'
import { type CommandResult, type RunAs, runCommand } from '../machine/run-command.ts'
import { writeCheckout } from './checkout.ts'
import { commitFiles } from './commit-files.ts'
import {
  buildGitCommand,
  buildGitCommandInside,
  type GitLimits,
  type GitPlace,
} from './git-command.ts'
import { requireOid, requireSuccess } from './git-result.ts'
import { listTree } from './list-tree.ts'
import { readLooseBlob } from './loose-blob.ts'
import { type ListedBlob, readBlobs } from './read-blobs.ts'
import { readRefFile } from './read-ref.ts'
import { RememberedListings } from './remembered-listings.ts'

/** Bytes as they were committed: no attribute of a commit changes or leaves out a file. */
const neutralAttributes = '* -text -eol -ident -filter -export-subst -export-ignore\n'

export class GitRepositories implements Repositories {
  readonly #options: {
    readonly dataDir: string
    /** The absolute folder of the two hooks. */
    readonly hooksDir: string
    readonly limits: GitLimits
    /** Who owns what `checkout` writes; null where that is the server itself. */
    readonly buildUser: RunAs | null
  }
  readonly #listings: RememberedListings
  /** The last of each project's own commits: two at once would only try again. */
  readonly #commits = new Map<ProjectId, Promise<unknown>>()

  constructor(options: {
    readonly dataDir: string
    readonly hooksDir: string
    readonly limits: GitLimits
    readonly buildUser: RunAs | null
  }) {
    this.#options = options
    this.#listings = new RememberedListings(options.limits.treeEntriesMax)
  }

  pathOf(projectId: ProjectId): string {
    return `${this.#options.dataDir}/repos/${projectId}.git`
  }

  async create(project: Project): Promise<void> {
    const path = this.pathOf(project.id)
    if (await exists(path)) return
    const temporary = temporaryName(path)
    try {
      await mkdir(`${temporary}/info`, { recursive: true })
      // Newer versions of git may be told by their makers to keep refs in another format.
      const words = ['-c', 'init.defaultRefFormat=files', 'init', '--quiet', '--bare'].concat(
        '--template=',
        temporary,
      )
      await this.#run(buildGitCommand(this.#placeOf(temporary), words))
      await writeFileAtomically(`${temporary}/info/attributes`, neutralAttributes)
      await writeHead(temporary, project.productionBranch)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      // Another call has made it meanwhile.
      if (hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) return
      throw toDiskError(error, path)
    }
  }

  async remove(projectId: ProjectId): Promise<void> {
    const path = this.pathOf(projectId)
    const temporary = temporaryName(path)
    try {
      await rename(path, temporary)
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return
      throw toDiskError(error, path)
    }
    await rm(temporary, { recursive: true, force: true })
  }

  async setHead(projectId: ProjectId, branch: string): Promise<void> {
    await writeHead(this.pathOf(projectId), branch)
  }

  async readRef(projectId: ProjectId, ref: string): Promise<Oid | null> {
    const oid = await readRefFile(this.pathOf(projectId), ref)
    return oid === 'unknown' ? this.#askForRef(projectId, ref) : oid
  }

  async #askForRef(projectId: ProjectId, ref: string): Promise<Oid | null> {
    const folder = ['refs/heads/', 'refs/tags/'].find((prefix) => ref.startsWith(prefix))
    const { stdout } = await this.#runInside(projectId, [
      'for-each-ref',
      '--format=%(objectname) %(refname)',
      folder ?? 'refs/',
    ])
    const wanted = Buffer.from(` ${ref}`)
    for (let start = 0; start < stdout.length;) {
      const end = stdout.indexOf(0x0a, start)
      const line = stdout.subarray(start, end)
      if (line.subarray(40).equals(wanted)) return toOid(line.toString('latin1', 0, 40))
      start = end + 1
    }
    return null
  }

  async hasBranches(projectId: ProjectId): Promise<boolean> {
    const words = ['for-each-ref', '--count=1', '--format=%(objectname)', 'refs/heads/']
    return (await this.#runInside(projectId, words)).stdout.length > 0
  }

  async listTree(
    projectId: ProjectId,
    commit: Oid,
    quarantine: Readonly<Record<string, string>> = {},
  ): Promise<readonly TreeEntry[]> {
    const repositoryDir = this.pathOf(projectId)
    const remembered = await this.#listings.find(repositoryDir, commit)
    if (remembered !== null) return remembered
    const entries = await listTree(this.#placeFor(projectId), requireOid(commit), quarantine)
    const isKept = Object.keys(quarantine).length === 0
    this.#listings.add(repositoryDir, commit, { entries, isKept })
    return entries
  }

  async readBlob(projectId: ProjectId, oid: string, bytesMax: number): Promise<Buffer> {
    const loose = await readLooseBlob(this.pathOf(projectId), requireOid(oid), bytesMax)
    if (loose !== null) return loose
    const words = ['cat-file', 'blob', requireOid(oid)]
    const result = await runCommand({
      ...buildGitCommandInside(this.#placeFor(projectId), words),
      timeoutMs: this.#options.limits.gitTimeoutMs,
      outputBytesMax: bytesMax,
    })
    if (result.outcome === 'too_much_output') {
      throw new SlipwayError('tree_too_large', {
        what: `a file of more than ${bytesMax} bytes where a small one is expected`,
        what_max: `${bytesMax} bytes`,
      })
    }
    requireSuccess(result, 'cat-file')
    return result.stdout
  }

  async readFiles(
    projectId: ProjectId,
    files: readonly ListedBlob[],
    signal: AbortSignal,
  ): Promise<readonly Buffer[]> {
    return readBlobs(this.#placeFor(projectId), files, signal)
  }

  async checkout(
    projectId: ProjectId,
    commit: Oid,
    { dir, signal }: { readonly dir: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const words = ['archive', '--format=tar', requireOid(commit)]
    await writeCheckout({
      archive: buildGitCommandInside(this.#placeFor(projectId), words),
      dir,
      runAs: this.#options.buildUser,
      timeoutMs: this.#options.limits.gitTimeoutMs,
      signal,
    })
  }

  async commitFiles(projectId: ProjectId, wish: CommitWish): Promise<CommitMade> {
    const before = this.#commits.get(projectId) ?? Promise.resolve()
    const readHead = (): Promise<BranchHead | null> => this.#readHead(projectId, wish.branch)
    const made = before
      .catch(() => undefined)
      .then(() => commitFiles({ ...this.#placeFor(projectId), readHead }, wish))
    this.#commits.set(projectId, made)
    try {
      return await made
    } finally {
      if (this.#commits.get(projectId) === made) this.#commits.delete(projectId)
    }
  }

  async #readHead(projectId: ProjectId, branch: string): Promise<BranchHead | null> {
    const commit = await this.readRef(projectId, `refs/heads/${branch}`)
    return commit === null ? null : { commit, listTree: () => this.listTree(projectId, commit) }
  }

  async #runInside(projectId: ProjectId, words: readonly string[]): Promise<CommandResult> {
    return this.#run(buildGitCommandInside(this.#placeFor(projectId), words))
  }

  async #run(command: ReturnType<typeof buildGitCommand>): Promise<CommandResult> {
    const result = await runCommand({ ...command, timeoutMs: this.#options.limits.gitTimeoutMs })
    requireSuccess(result, command.args.at(-1) ?? '')
    return result
  }

  #placeFor(projectId: ProjectId): GitPlace {
    return this.#placeOf(this.pathOf(projectId))
  }

  #placeOf(repositoryDir: string): GitPlace {
    const { hooksDir, limits } = this.#options
    return { repositoryDir, hooksDir, limits }
  }
}

/** HEAD is written as a file, because a branch's name never stands on a command line. */
async function writeHead(repositoryDir: string, branch: string): Promise<void> {
  if (branch === '' || /[\p{Cc} ]/u.test(branch) || branch.includes('..')) {
    throw new SlipwayError('ref_name_refused', { ref: branch.slice(0, 200) })
  }
  await writeFileAtomically(`${repositoryDir}/HEAD`, `ref: refs/heads/${branch}\n`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return false
      throw error
    },
  )
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}
