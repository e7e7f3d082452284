// What a worker that a schema had captured could reach.
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SlipwayError } from '../../src/domain/errors.ts'
import { startProcess } from '../../src/machine/run-command.ts'
import { chooseBuildUser } from '../../src/build/build-user.ts'
import { createSandboxedProcesses } from '../../src/build/sandboxed-processes.ts'
import { readConfig } from '../../src/config.ts'
import { askFor, type GeneratorLab, startGeneratorLab } from '../tools/generator-lab.ts'
import { until } from '../tools/until.ts'

interface Sight {
  readonly file: string
  readonly etc: number | string
  readonly written: readonly string[]
  readonly processes: number
  readonly uid: number
  readonly environment: string
  readonly outerEnvironment: string
  readonly fetched: string
}

let lab: GeneratorLab
beforeAll(async () => {
  lab = await startGeneratorLab({ frameworks: 'small' })
  await lab.generate(askFor('first'))
})
afterAll(async () => lab[Symbol.asyncDispose]())

test('a worker reads no file of the server, writes nowhere and reaches no network', async () => {
  const { file, etc, written, processes, uid, fetched } = await look(lab)
  expect(file).toBe('ENOENT')
  expect(etc).toBe('ENOENT')
  // A folder is there where the code of Slipway is below it, and can't be written to either.
  for (const refusal of written) expect(['ENOENT', 'EROFS']).toContain(refusal)
  expect(written).toHaveLength(4)
  expect(processes).toBeLessThanOrEqual(3)
  expect(uid).toBe(1000)
  expect(fetched).toBe('ECONNREFUSED')
})

test('a worker has no environment, and none can be read from beside it', async () => {
  const { environment, outerEnvironment } = await look(lab)
  expect(environment.replace('PWD=/\0', '')).toBe('')
  expect(outerEnvironment).toBe('')
})

test('the probe sees what it looks for where there are no walls', async () => {
  await using open = await startGeneratorLab({ frameworks: 'small', sandbox: 'off' })
  const { file, processes, uid, environment, fetched } = await look(open)
  expect(file).toBe('top secret')
  expect(processes).toBeGreaterThan(3)
  expect(uid).not.toBe(0)
  expect(environment).toBe('')
  expect(fetched).toBe('reached')
})

test('without walls it makes the same app', async () => {
  await using open = await startGeneratorLab({ frameworks: 'small', sandbox: 'off' })
  const names = async (one: GeneratorLab): Promise<readonly string[]> =>
    (await one.generate(askFor('same'))).storeFiles.map(({ name }) => name)
  expect(await names(open)).toEqual(await names(lab))
})

test.each(['required', 'off'])(
  'a server that is killed leaves no worker, not even a busy one (sandbox %s)',
  async (sandbox) => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-generator-'))
    const server = join(import.meta.dirname, '../tools/generator-server.ts')
    const mark = `mark-${sandbox}-${process.pid}`
    const args = [server, sandbox, mark, folder]
    const child = startProcess({ program: process.execPath, args }, ['ignore', 'pipe', 'inherit'])
    if (child.stdout === null) throw new Error('no pipe')
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    expect(line.toString()).toBe('started\n')
    expect(await countWorkers(mark)).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await until(async () => (await countWorkers(mark)) === 0)
    await rm(folder, { recursive: true, maxRetries: 5 })
  },
)

test('a machine without bubblewrap is told so, and nothing is started', () => {
  const toolchain = { nodePath: process.execPath, bwrapPath: null }
  const config = readConfig({}, 2)
  const processes = createSandboxedProcesses({ config, buildUser: chooseBuildUser(), toolchain })
  const program = { script: '/x.ts', args: [], readable: [], memoryBytesMax: 1 }
  expect(() => processes.start(program)).toThrow(SlipwayError)
})

test('walls that can not be built are told as the machine’s fault, not the schema’s', async () => {
  const toolchain = { nodePath: '/nowhere/node', bwrapPath: '/usr/bin/bwrap' }
  const config = readConfig({}, 2)
  const processes = createSandboxedProcesses({ config, buildUser: chooseBuildUser(), toolchain })
  const program = { script: '/x.ts', args: [], readable: [], memoryBytesMax: 2 ** 28 }
  const { wallProblem } = await processes.start(program).ended
  expect(wallProblem).toContain('/nowhere/node')
})

async function look(one: GeneratorLab): Promise<Sight> {
  const secret = join(one.dataDir, 'secret')
  await one.generate(askFor('before'))
  await writeFile(secret, 'top secret', { mode: 0o644 })
  const server = createServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  try {
    await one.generate(askFor(`look ${secret} http://127.0.0.1:${port}/`))
  } catch (error) {
    if (error instanceof SlipwayError) return JSON.parse(String(error.details['problem'])) as Sight
    throw error
  } finally {
    server.close()
  }
  throw new Error('it saw nothing')
}

async function countWorkers(mark: string): Promise<number> {
  let count = 0
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const words = await readFile(join('/proc', name, 'cmdline'), 'latin1').catch(() => '')
    if (words.includes(mark) && !words.includes('generator-server.ts')) count += 1
  }
  return count
}
