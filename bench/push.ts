/** A push of a static site until it is live, beside what a hook of three lines would do with it. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { git, makeWorkingCopy } from '../test/tools/git-client.ts'
import { startSlipwayServer, WorkingCopy } from '../test/tools/slipway-server.ts'
import { type Figure, measureMs, medianRatio, showSpread } from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { renderPage, staticSite } from './static-site.ts'

const rounds = 21
const warmUps = 2
const ratioMax = 1.5

export async function benchPush(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await using plain = await startPlainRemote(join(server.folder, 'plain'), 'archive-and-swap')
  const ours = await server.createWorkingCopy('harbour', staticSite('Harbour'))
  const other = await copyFor(server.folder, plain.url)
  const measured: { ours: number; other: number }[] = []
  for (let round = -warmUps; round < rounds; round += 1) {
    const title = `Harbour ${round}`
    const commit = await change(other, title)
    await change(ours, title)
    const pushOurs = (): Promise<number> => measureMs(() => push(ours))
    const pushOther = (): Promise<number> => measureMs(() => push(other))
    const times =
      round % 2 === 0
        ? { ours: await pushOurs(), other: await pushOther() }
        : swap(await pushOther(), await pushOurs())
    if (round >= 0) measured.push(times)
    const page = await server.visit('harbour')
    if (!page.body.includes(title)) throw new Error('our push returned and was not live')
    if ((await plain.live()) !== commit) throw new Error('the plain push was not live')
  }
  const ratio = medianRatio(measured)
  return [
    {
      name: 'push of a static site until live ÷ hook that archives, swaps',
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

async function copyFor(folder: string, url: string): Promise<WorkingCopy> {
  const dir = await mkdtemp(join(folder, 'other-'))
  await makeWorkingCopy(dir, staticSite('Harbour'))
  await git(dir, ['remote', 'add', 'deploy', url])
  return new WorkingCopy(dir)
}

function change(copy: WorkingCopy, title: string): Promise<string> {
  return copy.commit({ 'index.html': renderPage(title) })
}

async function push(copy: WorkingCopy): Promise<void> {
  const { exitCode, stderr } = await copy.push()
  if (exitCode !== 0) throw new Error(`a push failed: ${stderr}`)
}

function swap(other: number, ours: number): { ours: number; other: number } {
  return { ours, other }
}
