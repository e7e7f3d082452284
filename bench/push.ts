/** A push of a static site until it is live, beside what a hook of three lines would do with it. */
import { join } from 'node:path'
import { startSlipwayServer } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, medianRatio, showSpread } from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const rounds = 25
const ratioMax = 1.5

export async function benchPush(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await using plain = await startPlainRemote(join(server.folder, 'plain'), 'archive-and-swap')
  await server.createProject('harbour')
  const site = staticSite('Harbour')
  const copies = {
    ours: await makePusher(server.folder, await server.remote('harbour'), site),
    other: await makePusher(server.folder, plain.url, site),
  }
  const measured = await interleave(rounds, {
    prepare: (round, which) =>
      commit(copies[which], { 'index.html': renderPage(`Harbour ${round}`) }),
    ours: () => push(copies.ours),
    other: () => push(copies.other),
    check: async (round) => {
      const page = await server.visit('harbour')
      if (!page.body.includes(`Harbour ${round}<`)) throw new Error('our push was not live')
      const head = await copies.other.git('rev-parse', 'HEAD')
      if ((await plain.live()) !== head) throw new Error('the plain push was not live')
    },
  })
  const ratio = medianRatio(measured)
  return [
    {
      name: 'push of a static site until live ÷ hook that archives and swaps',
      value: ratio.toFixed(2),
      limit: ratioMax.toFixed(2),
      isKept: ratio <= ratioMax,
      count: rounds,
      notes: [
        `ours: ${showSpread(measured.map((times) => times.ours))}`,
        `the hook: ${showSpread(measured.map((times) => times.other))}`,
      ],
    },
  ]
}
