/** A home folder whose browsers trust a root, and nothing else that the system does not. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface TrustingHome extends AsyncDisposable {
  /** To be a browser's `HOME`. */
  readonly path: string
}

/** By the words that the README gives to people. */
export async function makeTrustingHome(rootFile: string): Promise<TrustingHome> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-home-'))
  const database = join(path, '.pki', 'nssdb')
  await mkdir(database, { recursive: true })
  const which = ['-d', `sql:${database}`]
  await run('certutil', [...which, '-N', '--empty-password'])
  await run('certutil', [...which, '-A', '-t', 'C,,', '-n', 'slipway-demo', '-i', rootFile])
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  }
}
