/**
 * From a schema to a live app: a push of another schema each time, beside `npm ci && vite build` of
 * the very app that Slipway ejects, and beside a bare `git push`; and what generating alone takes.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AppRequest } from '../src/contracts.ts'
import type { Framework } from '../src/domain/project.ts'
import { runCommand } from '../src/machine/run-command.ts'
import { readSchema, startGeneratorLab } from '../test/tools/generator-lab.ts'
import { type SlipwayServer, startSlipwayServer } from '../test/tools/slipway-server.ts'
import {
  type Figure,
  interleave,
  measureMs,
  medianRatio,
  showCase,
  showMs,
  showSpread,
} from './figure.ts'
import { startPlainRemote } from './plain-remote.ts'
import { commit, makePusher, push } from './pusher.ts'
import { renderOtherSchema, renderRelabelled } from './schemas.ts'

const rounds = 7
const builtRatioMax = 0.1
const growthMax = 2
const tableMsMax = 2

export async function benchSchema(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const framework of ['react', 'vue'] as const) {
    figures.push(...(await measurePushes(framework)), await measureGeneration(framework))
  }
  return figures
}

async function measurePushes(framework: Framework): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  const plainDir = join(server.folder, 'plain')
  await using plain = await startPlainRemote(plainDir, { transport: 'bare', hook: 'none' })
  const ejected = await eject(server, framework)
  const start = async (slug: string, tables: number) => {
    await server.createProject(slug)
    const files = { 'schema.json': renderOtherSchema(tables, framework, 0) }
    return makePusher(server.folder, await server.remote(slug), files)
  }
  const bare = await makePusher(server.folder, plain.url, { 'schema.json': '{}' })
  const copies = {
    ten: await start('ten', 10),
    label: await start('label', 10),
    fifty: await start('fifty', 50),
    bare,
  }
  let number = 0
  const next = {
    ten: () => renderOtherSchema(10, framework, number),
    fifty: () => renderOtherSchema(50, framework, number),
    label: () => renderRelabelled(10, framework, number),
    bare: () => renderOtherSchema(10, framework, number),
  }
  const measured = await interleave(rounds, {
    prepare: async (_, which) => {
      number += 1
      if (which === 'built')
        await rm(join(ejected, 'node_modules'), { recursive: true, force: true })
      else await commit(copies[which], { 'schema.json': next[which]() })
    },
    cases: {
      ten: () => push(copies.ten),
      label: () => push(copies.label),
      fifty: () => push(copies.fifty),
      bare: () => push(copies.bare),
      built: async () => {
        await run(ejected, ['npm', 'ci', '--no-audit', '--no-fund', '--prefer-offline'])
        await run(ejected, ['node_modules/.bin/vite', 'build'])
      },
    },
    check: async () => {
      const page = await server.visit('ten')
      if (!page.body.includes('/_s/')) throw new Error('the app was not live')
    },
  })
  const built = medianRatio(measured, 'ten', 'built')
  const growth = medianRatio(measured, 'fifty', 'ten')
  return [
    {
      name: `${framework}: push of a schema, 10 tables ÷ npm ci && vite build`,
      value: built.toFixed(3),
      limit: builtRatioMax.toFixed(1),
      isKept: built <= builtRatioMax,
      count: rounds,
      notes: [
        `all files new: ${showCase(measured, 'ten')}`,
        `one label changed: ${showCase(measured, 'label')}; ratio ${medianRatio(measured, 'label', 'built').toFixed(3)}`,
        `npm ci && vite build: ${showCase(measured, 'built')}`,
        `50 tables, all files new: ratio ${medianRatio(measured, 'fifty', 'built').toFixed(3)}`,
      ],
    },
    {
      name: `${framework}: push of a schema, 10 tables ÷ bare git push`,
      value: medianRatio(measured, 'ten', 'bare').toFixed(2),
      limit: null,
      isKept: true,
      count: rounds,
      notes: [
        `bare git push: ${showCase(measured, 'bare')}`,
        `one label changed: ratio ${medianRatio(measured, 'label', 'bare').toFixed(2)}`,
      ],
    },
    {
      name: `${framework}: push of a schema, 50 tables ÷ 10 tables`,
      value: growth.toFixed(2),
      limit: growthMax.toFixed(2),
      isKept: growth <= growthMax,
      count: rounds,
      notes: [`50 tables: ${showCase(measured, 'fifty')}`],
    },
  ]
}

/** A generator that knows none of the files, and one that knows all but one. */
async function measureGeneration(framework: Framework): Promise<Figure> {
  await using lab = await startGeneratorLab()
  const times: Record<'ten' | 'fifty' | 'label', number[]> = { ten: [], fifty: [], label: [] }
  for (let round = -3; round < 20; round += 1) {
    for (const [name, text] of [
      ['ten', renderOtherSchema(10, framework, round + 10)],
      ['fifty', renderOtherSchema(50, framework, round + 10)],
      ['label', renderRelabelled(10, framework, round + 10)],
    ] as const) {
      const ms = await measureMs(() => lab.generate(ask(text)))
      if (round >= 0) times[name].push(ms)
    }
  }
  // What others make of the machine meanwhile falls out of the best, and of nothing else.
  const tableMs = Math.min(...times.fifty) / 50
  return {
    name: `${framework}: generating alone, a table, at best`,
    value: showMs(tableMs),
    limit: showMs(tableMsMax),
    isKept: tableMs <= tableMsMax,
    count: 20,
    notes: [
      `10 tables, all new: ${showSpread(times.ten)}`,
      `50 tables, all new: ${showSpread(times.fifty)}`,
      `10 tables, one label changed: ${showSpread(times.label)}`,
    ],
  }
}

/** The app's own project in a folder, as `slipway eject` gives it. */
async function eject({ folder }: SlipwayServer, framework: Framework): Promise<string> {
  await using lab = await startGeneratorLab()
  const sources = await lab.generator.eject(ask(renderOtherSchema(10, framework, 0)))
  const dir = await mkdtemp(join(folder, 'ejected-'))
  for (const { path, text } of sources) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  return dir
}

function ask(text: string): AppRequest {
  const schema = readSchema(JSON.parse(text) as object)
  return { schema, identity: { projectId: '7', slug: 'ten', name: 'Ten' } }
}

async function run(dir: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const { PATH = '', HOME = '' } = process.env
  const npm = Object.entries(process.env).filter(([name]) =>
    /^npm_config_(?:registry|cache)$/i.test(name),
  )
  const { exitCode, stderr } = await runCommand({
    program: program.includes('/') ? join(dir, program) : program,
    args,
    cwd: dir,
    environment: { PATH, HOME, ...Object.fromEntries(npm) } as Record<string, string>,
    timeoutMs: 300_000,
  })
  if (exitCode !== 0) throw new Error(`${program} failed: ${stderr}`)
}
