/**
 * `slipway status` as it is packed, beside a Node that does nothing: from the start of the process
 * until its question is at the server. What the network takes is not counted; the server's answer
 * and its printing are told apart.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCli } from '../packaging/cli.ts'
import { runCommand } from '../src/machine/run-command.ts'
import { type Figure, interleave, median, medianRatio, showCase, showSpread } from './figure.ts'

const rounds = 41
const ratioMax = 2

const answer = JSON.stringify({
  project_id: '1',
  status: 'deployed',
  frontend_url: 'http://harbour.localhost',
  deployment: { number: 3, status: 'completed', created_at: '2026-01-01T00:00:00Z' },
  deployment_logs: [],
})

export async function benchCliStart(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'))
  let askedAt = 0
  const server = createServer((_request, response) => {
    askedAt = performance.now()
    response.end(answer)
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const program = await buildCli(join(folder, 'cli'))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const environment = { HOME: folder, SLIPWAY_URL: url, SLIPWAY_TOKEN: `slw_${'x'.repeat(43)}` }
    const starts: number[] = []
    const measured = await interleave(rounds, {
      cases: {
        ours: async () => {
          const startedAt = performance.now()
          const told = await runNode([program, 'status', 'harbour'], environment)
          if (!told.includes('v3 completed')) throw new Error(`no status: ${told}`)
          starts.push(askedAt - startedAt)
        },
        other: () => runNode(['-e', '0'], { HOME: folder }),
      },
      prepare: () => Promise.resolve(),
      check: () => Promise.resolve(),
    })
    // Without those that warmed up.
    const counted = starts.slice(-rounds)
    const ratio = median(measured.map(({ other }, round) => (counted[round] ?? NaN) / other))
    const whole = medianRatio(measured, 'ours', 'other').toFixed(2)
    return [
      {
        name: 'slipway status until its question is out ÷ node -e 0',
        value: ratio.toFixed(2),
        limit: ratioMax.toFixed(2),
        isKept: ratio < ratioMax,
        count: rounds,
        notes: [
          `until the question: ${showSpread(counted)}`,
          `until its end: ${showCase(measured, 'ours')}; ÷ node -e 0: ${whole}`,
          `node -e 0: ${showCase(measured, 'other')}`,
        ],
      },
    ]
  } finally {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  }
}

async function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand({
    program: process.execPath,
    args,
    environment,
    timeoutMs: 30_000,
  })
  if (exitCode !== 0) throw new Error(`it ended with ${exitCode}: ${stderr}`)
  return stdout.toString('utf8')
}
