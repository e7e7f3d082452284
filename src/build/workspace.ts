/**
 * The folders that builds happen in. What lies in them was made by strangers: nothing here follows
 * a link, and a folder that its maker closed is removed all the same.
 */
import { randomUUID } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Workspace } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { hasErrorCode, toDiskError } from '../machine/files.ts'
import { type RunAs, runCommand } from '../machine/run-command.ts'
import type { Toolchain } from './toolchain.ts'

/** Makes the folder of all builds; others may pass through it and read nothing. */
export async function makeBuildRoot(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o711 })
    const found = await lstat(path)
    // In /tmp anybody may have made it first, and would then own what is built.
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) {
      const problem = `it is no folder of user ${process.geteuid?.() ?? 'unknown'}`
      throw new SlipwayError('folder_not_writable', { path, problem })
    }
    // Others may pass through; no right that the operator gave is taken away.
    if ((found.mode & 0o111) !== 0o111) await chmod(path, found.mode | 0o111)
  } catch (error) {
    throw toDiskError(error, path)
  }
}

/** Makes an empty workspace; one of the same name is removed first. */
export async function makeWorkspace(
  buildRoot: string,
  key: string,
  buildUser: RunAs | null,
): Promise<Workspace> {
  const folder = workspaceFolder(buildRoot, key)
  try {
    await makeEmptyFolder(folder)
    await Promise.all(
      ['app', 'home', 'tmp'].map(async (name) => {
        const path = join(folder, name)
        await mkdir(path, { mode: 0o700 })
        if (buildUser !== null) await chown(path, buildUser.uid, buildUser.gid)
      }),
    )
    // Last: from here on the folder is the builds' own.
    if (buildUser !== null) await chown(folder, buildUser.uid, buildUser.gid)
  } catch (error) {
    throw toDiskError(error, folder)
  }
  return { sourceDir: join(folder, 'app') }
}

export async function removeWorkspace(buildRoot: string, key: string): Promise<void> {
  const folder = workspaceFolder(buildRoot, key)
  if (await isThere(folder)) await removeTree(folder)
}

/** Empty where nothing was built yet. */
export async function listFolders(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  }
}

/** What lies beside the source of a workspace. */
export function neighboursOf({ sourceDir }: Workspace): { homeDir: string; tmpDir: string } {
  return { homeDir: join(dirname(sourceDir), 'home'), tmpDir: join(dirname(sourceDir), 'tmp') }
}

/** The first of the folders that is one, with no link on its way from the source. */
export async function findFolder(
  { sourceDir }: Workspace,
  folders: readonly string[],
): Promise<string | null> {
  for (const folder of folders) {
    if (await isPlainFolder(sourceDir, folder)) return folder
  }
  return null
}

/** Files that stand in for the host's `/etc`, and the toolchain's programs in one folder. */
export async function writeStubs(buildRoot: string, toolchain: Toolchain): Promise<string> {
  const folder = join(buildRoot, '.sandbox')
  // Put in place as one whole, since another run of the server may be using the folder.
  const fresh = `${folder}.${randomUUID()}`
  await mkdir(join(fresh, 'bin'), { recursive: true })
  const npmBin = join(toolchain.npmFolder, 'bin')
  await symlink(toolchain.nodePath, join(fresh, 'bin/node'))
  await symlink(join(npmBin, 'npm-cli.js'), join(fresh, 'bin/npm'))
  await symlink(join(npmBin, 'npx-cli.js'), join(fresh, 'bin/npx'))
  for (const [name, text] of Object.entries(stubs)) await writeFile(join(fresh, name), text)
  for (const path of [fresh, join(fresh, 'bin')]) await chmod(path, 0o755)
  for (const name of Object.keys(stubs)) await chmod(join(fresh, name), 0o644)
  await removeTree(folder)
  await rename(fresh, folder)
  return folder
}

const stubs = {
  passwd: 'build:x:1000:1000::/home/build:/bin/sh\n',
  group: 'build:x:1000:\n',
  hosts: '127.0.0.1 localhost build\n::1 localhost\n',
  'nsswitch-files.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'nsswitch-dns.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
} as const

function workspaceFolder(buildRoot: string, key: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(key)) throw new Error(`no workspace key: ${key}`)
  return join(buildRoot, key)
}

async function isPlainFolder(base: string, folder: string): Promise<boolean> {
  const names = folder.split('/').filter((name) => name !== '' && name !== '.')
  if (folder.startsWith('/') || names.includes('..') || folder.includes('\0')) return false
  let path = base
  for (const name of ['.', ...names]) {
    path = join(path, name)
    try {
      if (!(await lstat(path)).isDirectory()) return false
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG')) return false
      throw error
    }
  }
  return true
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => !hasErrorCode(error, 'ENOENT'),
  )
}

/** What a killed server left there is rare, and costs a process to remove. */
async function makeEmptyFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw error
    await removeTree(path)
    await mkdir(path, { mode: 0o700 })
  }
}

/**
 * By rm(1), which walks by descriptors: it follows no link and removes trees that are deeper than
 * any path may be long.
 */
async function removeTree(path: string): Promise<void> {
  if (await removes(path)) return
  await runCommand({
    program: 'chmod',
    args: ['-R', 'u+rwX', '--', path],
    timeoutMs: removeTimeoutMs,
    onStderr: discard,
  })
  if (!(await removes(path))) {
    throw new SlipwayError('folder_not_writable', { path, problem: 'it can not be removed' })
  }
}

const removeTimeoutMs = 600_000

async function removes(path: string): Promise<boolean> {
  const { exitCode } = await runCommand({
    program: 'rm',
    args: ['-rf', '--one-file-system', '--', path],
    timeoutMs: removeTimeoutMs,
    onStderr: discard,
  })
  return exitCode === 0
}

async function discard(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const _ of stream) continue
}
