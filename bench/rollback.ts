/** A rollback by a push, beside a push of one commit to a repository that does nothing with it. */
import { join } from 'node:path'
import { startSlipwayServer } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, medianRatio, showSpread } from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const rounds = 25
const ratioMax = 1.3

export async function benchRollback(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await using plain = await startPlainRemote(join(server.folder, 'plain'), 'none')
  await server.createProject('harbour')
  const site = staticSite('Harbour')
  const ours = await makePusher(server.folder, await server.remote('harbour'), site)
  const other = await makePusher(server.folder, plain.url, site)
  await push(ours)
  await commit(ours, { 'index.html': renderPage('Harbour 2') })
  await push(ours)
  let before = (await server.visit('harbour')).body
  const measured = await interleave(rounds, {
    prepare: async (round, which) => {
      if (which === 'other') await commit(other, { 'index.html': renderPage(`Harbour ${round}`) })
    },
    ours: () => push(ours, 'HEAD:refs/rollback/previous'),
    other: () => push(other),
    check: async () => {
      const { body } = await server.visit('harbour')
      if (body === before) throw new Error('the rollback was not live')
      before = body
    },
  })
  const ratio = medianRatio(measured)
  return [
    {
      name: 'rollback ÷ bare push of one commit',
      value: ratio.toFixed(2),
      limit: ratioMax.toFixed(2),
      isKept: ratio <= ratioMax,
      count: rounds,
      notes: [
        `rollback: ${showSpread(measured.map((times) => times.ours))}`,
        `bare push: ${showSpread(measured.map((times) => times.other))}`,
      ],
    },
  ]
}
