/** Twenty people push to twenty projects at the same moment, beside one after the other. */
import { startSlipwayServer, type WorkingCopy } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, medianRatio, showCase } from './figure.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderPage, staticSite } from './static-site.ts'

const pushers = 20
const rounds = 5
const ratioMax = 0.7

export async function benchTwenty(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  const copies: WorkingCopy[] = []
  for (let number = 1; number <= pushers; number += 1) {
    const slug = `harbour-${number}`
    await server.createProject(slug)
    const site = staticSite(`Harbour ${number}`)
    copies.push(await makePusher(server.folder, await server.remote(slug), site))
  }
  let commits = 0
  const change = async (): Promise<void> => {
    commits += 1
    for (const copy of copies) await commit(copy, { 'index.html': renderPage(`Boat ${commits}`) })
  }
  const measured = await interleave(rounds, {
    prepare: change,
    cases: {
      together: () => Promise.all(copies.map((copy) => push(copy))),
      inTurn: async () => {
        for (const copy of copies) await push(copy)
      },
    },
    check: async () => undefined,
  })
  const ratio = medianRatio(measured, 'together', 'inTurn')
  return [
    {
      name: `${pushers} pushes at once ÷ one after the other`,
      value: ratio.toFixed(2),
      limit: ratioMax.toFixed(2),
      isKept: ratio <= ratioMax,
      count: rounds,
      notes: [
        `at once: ${showCase(measured, 'together')}`,
        `one after the other: ${showCase(measured, 'inTurn')}`,
      ],
    },
  ]
}
