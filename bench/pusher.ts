/** The one who pushes in every bench, and stops it where a push does not do what it should. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { git, makeWorkingCopy } from '../test/tools/git-client.ts'
import { WorkingCopy } from '../test/tools/slipway-server.ts'

export type Files = Readonly<Record<string, string>>

/** A working copy whose `deploy` is the remote. */
export async function makePusher(folder: string, url: string, files: Files): Promise<WorkingCopy> {
  const dir = await mkdtemp(join(folder, 'pusher-'))
  await makeWorkingCopy(dir, {})
  const copy = new WorkingCopy(dir)
  await commit(copy, files)
  await git(dir, ['remote', 'add', 'deploy', url])
  return copy
}

/** Answers the commit's id. */
export async function commit(copy: WorkingCopy, files: Files): Promise<string> {
  for (const path of Object.keys(files)) {
    await mkdir(dirname(join(copy.dir, path)), { recursive: true })
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(copy.dir, path), text)
  return copy.commit({})
}

/** Answers what the pusher saw. */
export async function push(copy: WorkingCopy, ...refs: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await copy.push(...refs)
  if (exitCode !== 0) throw new Error(`a push failed: ${stderr}`)
  return stderr
}
