/** A rollback by a push, beside a push of one commit to a repository that does nothing with it. */
import { join } from 'node:path'
import { startSlipwayServer } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, medianRatio, showCase } from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const rounds = 25
const ratioMax = 1.3

export async function benchRollback(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await server.createProject('harbour')
  const hook = 'none'
  const askedDir = join(server.folder, 'asked')
  await using asked = await startPlainRemote(askedDir, { transport: 'ours', hook })
  const bareDir = join(server.folder, 'bare')
  await using bare = await startPlainRemote(bareDir, { transport: 'bare', hook })
  const site = staticSite('Harbour')
  const copies = {
    ours: await makePusher(server.folder, await server.remote('harbour'), site),
    plain: await makePusher(server.folder, asked.url, site),
    bare: await makePusher(server.folder, bare.url, site),
  }
  await push(copies.ours)
  await commit(copies.ours, { 'index.html': renderPage('Harbour 2') })
  await push(copies.ours)
  let before = (await server.visit('harbour')).body
  const measured = await interleave(rounds, {
    cases: {
      ours: () => push(copies.ours, 'HEAD:refs/rollback/previous'),
      plain: () => push(copies.plain),
      bare: () => push(copies.bare),
    },
    prepare: async (round, which) => {
      if (which === 'ours') return
      await commit(copies[which], { 'index.html': renderPage(`Harbour ${round}`) })
    },
    check: async () => {
      const { body } = await server.visit('harbour')
      if (body === before) throw new Error('the rollback was not live')
      before = body
    },
  })
  const ratio = medianRatio(measured, 'ours', 'plain')
  const bareRatio = medianRatio(measured, 'ours', 'bare')
  return [
    {
      name: 'rollback ÷ push of one commit that nothing is done with',
      value: ratio.toFixed(2),
      limit: ratioMax.toFixed(2),
      isKept: ratio <= ratioMax,
      count: rounds,
      notes: [
        `rollback: ${showCase(measured, 'ours')}`,
        `push over our transport: ${showCase(measured, 'plain')}`,
        `push, and nobody asked: ${showCase(measured, 'bare')}; ratio ${bareRatio.toFixed(2)}`,
      ],
    },
  ]
}
