/** A push of a static site until it is live, beside what a hook of three lines would do with it. */
import { join } from 'node:path'
import { startSlipwayServer } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, medianRatio, showCase } from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const rounds = 25
const ratioMax = 1.5

export async function benchPush(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await server.createProject('harbour')
  const hook = 'archive-and-swap'
  const hookDir = join(server.folder, 'hook')
  await using hooked = await startPlainRemote(hookDir, { transport: 'ours', hook })
  const bareDir = join(server.folder, 'bare')
  await using bare = await startPlainRemote(bareDir, { transport: 'bare', hook })
  const site = staticSite('Harbour')
  const copies = {
    ours: await makePusher(server.folder, await server.remote('harbour'), site),
    hook: await makePusher(server.folder, hooked.url, site),
    bare: await makePusher(server.folder, bare.url, site),
  }
  const measured = await interleave(rounds, {
    cases: {
      ours: () => push(copies.ours),
      hook: () => push(copies.hook),
      bare: () => push(copies.bare),
    },
    prepare: (round, which) =>
      commit(copies[which], { 'index.html': renderPage(`Harbour ${round}`) }),
    check: async (round) => {
      const page = await server.visit('harbour')
      if (!page.body.includes(`Harbour ${round}<`)) throw new Error('our push was not live')
      for (const [copy, remote] of [
        [copies.hook, hooked],
        [copies.bare, bare],
      ] as const) {
        const head = await copy.git('rev-parse', 'HEAD')
        if ((await remote.live()) !== head) throw new Error('a plain push was not live')
      }
    },
  })
  const ratio = medianRatio(measured, 'ours', 'hook')
  const bareRatio = medianRatio(measured, 'ours', 'bare')
  return [
    {
      name: 'push of a static site until live ÷ hook that archives and swaps',
      value: ratio.toFixed(2),
      limit: ratioMax.toFixed(2),
      isKept: ratio <= ratioMax,
      count: rounds,
      notes: [
        `ours: ${showCase(measured, 'ours')}`,
        `the hook, over our transport: ${showCase(measured, 'hook')}`,
        `the hook, and nobody else asked: ${showCase(measured, 'bare')}; ratio ${bareRatio.toFixed(2)}`,
      ],
    },
  ]
}
