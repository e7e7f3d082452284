import { once } from 'node:events'
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand, startProcess } from '../../src/machine/run-command.ts'
import { patienceMs } from '../tools/patience.ts'
import { until } from '../tools/until.ts'

const server = join(import.meta.dirname, '../tools/build-server.ts')
const nobody = { uid: 64_102, gid: 64_102 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-server-'))
  await chmod(folder, 0o755)
})
afterEach(async () => rm(folder, { recursive: true, maxRetries: 5 }))

test.runIf(process.geteuid?.() === 0)('a server that is not root builds as itself', async () => {
  await chown(folder, nobody.uid, nobody.gid)
  const buildRoot = join(folder, 'builds')
  const result = await runCommand({
    program: process.execPath,
    args: [server, buildRoot, 'touch file; chmod 000 .; id -u; exit 7'],
    runAs: nobody,
    timeoutMs: patienceMs,
  })
  expect([result.exitCode, result.stdout.toString(), result.stderr]).toEqual([7, '1000\n', ''])
  expect((await stat(join(buildRoot, 'build/app/file'))).uid).toBe(nobody.uid)
})

test('a server that is killed leaves no process of its builds', async () => {
  const mark = `87${process.pid}.1`
  const script = `(setsid sh -c 'trap "" TERM; sleep ${mark} & sleep ${mark}' &) ; echo started; sleep ${mark}`
  const child = startProcess(
    { program: process.execPath, args: [server, join(folder, 'builds'), script] },
    ['ignore', 'pipe', 'inherit'],
  )
  if (child.stdout === null) throw new Error('no pipe')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe('started\n')
  await until(async () => (await countProcesses(mark)) >= 4)
  child.kill('SIGKILL')
  await until(async () => (await countProcesses(mark)) === 0)
})

async function countProcesses(mark: string): Promise<number> {
  let count = 0
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const words = await readFile(join('/proc', name, 'cmdline'), 'latin1').catch(() => '')
    if (words.includes(mark) && !words.includes('build-server.ts')) count += 1
  }
  return count
}
