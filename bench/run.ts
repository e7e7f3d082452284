/**
 * `npm run bench`: measures what is promised, on this machine, and fails where a promise is not
 * kept. `npm run bench -- push rollback` measures those alone.
 */
import { cpus, loadavg } from 'node:os'
import { chdir } from 'node:process'
import { resolve } from 'node:path'
import type { Bench, Figure } from './figure.ts'
import { benchCancel } from './cancel.ts'
import { benchCliStart } from './cli-start.ts'
import { benchFirstLine } from './first-line.ts'
import { benchFollowers } from './followers.ts'
import { benchHammer } from './hammer.ts'
import { benchHosts } from './hosts.ts'
import { benchPush } from './push.ts'
import { benchReads } from './reads.ts'
import { benchRedeploy } from './redeploy.ts'
import { benchRollback } from './rollback.ts'
import { benchSchema } from './schema.ts'
import { benchSchemaMemory } from './schema-memory.ts'
import { benchTwenty } from './twenty.ts'

const benches: Readonly<Record<string, Bench>> = {
  push: benchPush,
  'first-line': benchFirstLine,
  hammer: benchHammer,
  rollback: benchRollback,
  redeploy: benchRedeploy,
  twenty: benchTwenty,
  cancel: benchCancel,
  followers: benchFollowers,
  'cli-start': benchCliStart,
  reads: benchReads,
  schema: benchSchema,
  'schema-memory': benchSchemaMemory,
  hosts: benchHosts,
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in benches))
  if (unknown.length > 0) {
    console.error(`No bench: ${unknown.join(', ')}. There are ${Object.keys(benches).join(', ')}.`)
    return 2
  }
  chdir(resolve(import.meta.dirname, '..'))
  console.log(
    `${cpus().length} cores, Node ${process.versions.node}; each load is of one minute.\n`,
  )
  let failures = 0
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue
    try {
      const figures = await bench()
      for (const figure of figures) {
        show(name, figure)
        if (!figure.isKept) failures += 1
      }
    } catch (error) {
      console.error(`${name}: not measured:`, error)
      failures += 1
    }
  }
  console.log(failures === 0 ? '\nEvery limit is kept.' : `\n${failures} limits are passed.`)
  return failures === 0 ? 0 : 1
}

function show(bench: string, { name, value, limit, isKept, count, notes }: Figure): void {
  const verdict = limit === null ? 'told' : isKept ? 'kept' : 'PASSED'
  const load = loadavg()[0]?.toFixed(1) ?? '?'
  const columns = [
    bench.padEnd(11),
    name.padEnd(58),
    value.padStart(10),
    (limit === null ? '' : `≤ ${limit}`).padStart(10),
    verdict.padEnd(6),
    `n ${count}`.padEnd(6),
    `load ${load}`,
  ]
  console.log(columns.join('  '))
  for (const note of notes) console.log(`${' '.repeat(13)}${note}`)
}

process.exitCode = await main(process.argv.slice(2))
