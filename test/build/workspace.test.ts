import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/machine/run-command.ts'
import { type BuildLab, buildUser, startBuildLab } from '../tools/build-lab.ts'
import { patienceMs } from '../tools/patience.ts'

let lab: BuildLab
beforeAll(async () => {
  lab = await startBuildLab()
})
afterAll(async () => lab[Symbol.asyncDispose]())

test('only the build user and the server can enter a workspace', async () => {
  const { sourceDir } = await lab.open('closed')
  expect((await stat(lab.buildRoot)).mode & 0o777).toBe(0o711)
  for (const path of [sourceDir, join(sourceDir, '..')]) {
    const { mode, uid } = await stat(path)
    expect(mode & 0o777).toBe(0o700)
    expect(uid).toBe(buildUser?.uid ?? process.geteuid?.())
  }
})

test('a workspace that exists is emptied when it is opened again', async () => {
  const { sourceDir } = await lab.open('again')
  await writeFile(join(sourceDir, 'left-over'), '')
  expect(await lab.open('again')).toEqual({ sourceDir })
  expect(await readdir(sourceDir)).toEqual([])
})

test('closing a workspace removes it, and closing it twice is no harm', async () => {
  const { sourceDir } = await lab.open('twice')
  await lab.builder.closeWorkspace('twice')
  await lab.builder.closeWorkspace('twice')
  await expect(stat(join(sourceDir, '..'))).rejects.toThrow('ENOENT')
})

test('folders that a build closed and trees that are too deep are removed', async () => {
  const workspace = await lab.open('stubborn')
  const script =
    'mkdir -p closed/inner && touch closed/inner/file && chmod 000 closed/inner closed; ' +
    'n=0; while [ $n -lt 60 ]; do d=$(printf "d%.0s" $(seq 200)); mkdir $d && cd -P $d || exit 1; n=$((n+1)); done'
  const { exitCode } = await lab.run(workspace, { command: ['bash', '-c', script] })
  expect(exitCode).toBe(0)
  await lab.builder.closeWorkspace('stubborn')
  expect(await readdir(lab.buildRoot)).not.toContain('stubborn')
})

test('a server that is not root removes closed folders too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-user-'))
  try {
    await chmod(folder, 0o755)
    const buildRoot = join(folder, 'builds')
    await mkdir(join(buildRoot, 'key/app/closed/inner'), { recursive: true })
    await chmod(join(buildRoot, 'key/app/closed/inner'), 0)
    await chmod(join(buildRoot, 'key/app/closed'), 0)
    for (const path of ['', 'key', 'key/app', 'key/app/closed', 'key/app/closed/inner']) {
      if (buildUser !== null) await chown(join(buildRoot, path), buildUser.uid, buildUser.gid)
    }
    const room = join(import.meta.dirname, '../../src/build/workspace.ts')
    const script = `import { removeWorkspace } from ${JSON.stringify(room)}
      await removeWorkspace(${JSON.stringify(buildRoot)}, 'key')`
    const { exitCode, stderr } = await runCommand({
      program: process.execPath,
      args: ['--input-type=module', '-e', script],
      runAs: buildUser,
      timeoutMs: patienceMs,
    })
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(await readdir(buildRoot)).toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('removing a workspace follows no link out of it', async () => {
  const outside = join(lab.folder, 'outside')
  await mkdir(outside)
  await writeFile(join(outside, 'file'), 'kept', { mode: 0o600 })
  const { sourceDir } = await lab.open('linked')
  await symlink(outside, join(sourceDir, 'link'))
  await lab.builder.closeWorkspace('linked')
  expect((await stat(join(outside, 'file'))).mode & 0o777).toBe(0o600)
})

test('a key is a name, never a path', async () => {
  for (const key of ['', '..', '.sandbox', 'a/b', '../other', '-rf', 'a\0b']) {
    await expect(lab.builder.openWorkspace(key)).rejects.toThrow('no workspace key')
    await expect(lab.builder.closeWorkspace(key)).rejects.toThrow('no workspace key')
  }
})

test('the first output folder that exists is found, and no link leads to one', async () => {
  const workspace = await lab.open('output')
  const { sourceDir } = workspace
  const find = async (...folders: string[]): Promise<string | null> =>
    lab.builder.findOutput(workspace, folders)
  expect(await find('dist', 'build')).toBe(null)
  await mkdir(join(sourceDir, 'web/build'), { recursive: true })
  await writeFile(join(sourceDir, 'file'), '')
  await symlink('/etc', join(sourceDir, 'dist'))
  await symlink('web', join(sourceDir, 'linked'))
  expect(await find('dist', 'file', 'linked/build', 'web/build', 'web')).toBe('web/build')
  expect(await find('.')).toBe('.')
  expect(await find('..', '/etc', 'web/../..', '../output/app/web')).toBe(null)
})

test('a folder of builds that somebody else made first is refused', async () => {
  await using other = await startBuildLab()
  await mkdir(other.buildRoot)
  await chown(other.buildRoot, 64_999, 64_999)
  await expect(other.builder.openWorkspace('any')).rejects.toMatchObject({
    code: 'folder_not_writable',
  })
  await rm(other.buildRoot, { recursive: true })
  await symlink('/tmp', other.buildRoot)
  await expect(other.builder.openWorkspace('any')).rejects.toMatchObject({
    code: 'folder_not_writable',
  })
})
