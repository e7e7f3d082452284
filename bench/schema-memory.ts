/** The memory of the processes that generate apps, over many deployments of ever other apps. */
import { readdir, readFile } from 'node:fs/promises'
import { limits } from '../src/config.ts'
import { type SlipwayServer, startSlipwayServer } from '../test/tools/slipway-server.ts'
import type { Figure } from './figure.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderOtherSchema } from './schemas.ts'

const deployments = 500
const looks = [50, 250, 500]
/** Of the resident set; a worker that passes it is replaced. */
const bytesMax = limits.generatorMemoryBytesMax

export async function benchSchemaMemory(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  const copies = await Promise.all(
    (['react', 'vue'] as const).map(async (framework) => {
      await server.createProject(framework)
      const files = { 'schema.json': renderOtherSchema(10, framework, 0) }
      return {
        framework,
        copy: await makePusher(server.folder, await server.remote(framework), files),
      }
    }),
  )
  const notes: string[] = []
  let most = 0
  for (let number = 1; number <= deployments; number += 1) {
    const next = copies[number % copies.length]
    if (next === undefined) throw new Error('no pusher')
    await commit(next.copy, { 'schema.json': renderOtherSchema(10, next.framework, number) })
    await push(next.copy)
    const workers = await measureWorkers(server)
    most = Math.max(most, ...workers)
    if (looks.includes(number)) {
      const { bytes } = await readStatus(String(server.pid))
      notes.push(
        `after ${number}: workers ${workers.map(showMegabytes).join(', ')}; server ${showMegabytes(bytes)}`,
      )
    }
  }
  return [
    {
      name: `memory of a worker over ${deployments} deployments of other apps`,
      value: showMegabytes(most),
      limit: showMegabytes(bytesMax),
      isKept: most > 0 && most <= bytesMax,
      count: deployments,
      notes,
    },
  ]
}

/** The resident sets of all workers that the server has. */
async function measureWorkers({ pid }: SlipwayServer): Promise<readonly number[]> {
  const sizes: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const words = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '')
    if (!/node\0.*src\/generate\/worker\.ts/.test(words) || !(await descends(name, pid))) continue
    const { bytes, program } = await readStatus(name)
    if (program !== 'bwrap') sizes.push(bytes)
  }
  return sizes
}

async function descends(name: string, ancestor: number): Promise<boolean> {
  const { parent } = await readStatus(name)
  if (parent === String(ancestor)) return true
  return parent === '0' || parent === '1' ? false : descends(parent, ancestor)
}

interface Status {
  readonly program: string
  readonly parent: string
  readonly bytes: number
}

async function readStatus(name: string): Promise<Status> {
  const text = await readFile(`/proc/${name}/status`, 'latin1').catch(() => '')
  const read = (key: string): string => new RegExp(`^${key}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '0'
  return { program: read('Name'), parent: read('PPid'), bytes: Number(read('VmRSS')) * 1024 }
}

function showMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`
}
