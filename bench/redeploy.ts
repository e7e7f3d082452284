/**
 * A redeploy of a Vite app with one changed line, beside a bare `vite build` in the folder that was
 * pushed from. What compressing the release takes is measured apart and told, since a bare build
 * makes no compressed files.
 */
import { cp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../src/machine/run-command.ts'
import { compressFile, isCompressible } from '../src/sites/compress-file.ts'
import { startSlipwayServer, type WorkingCopy } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, measureMs, median, showCase, showMs } from './figure.ts'
import { commit, type Files, makePusher, push } from './pusher.ts'
import { buildTeamApp, readSmallApp } from './vite-app.ts'

const rounds = 11
const limit = 1.15

export async function benchRedeploy(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  const slug = 'harbour'
  await server.createProject(slug)
  const copy = await makePusher(server.folder, await server.remote(slug), {})
  return [
    await measureApp(copy, { app: "fixture's Vite app", files: await readSmallApp(), limit: null }),
    await measureApp(copy, { app: "team's Vite app", files: await buildTeamApp(150), limit }),
    await measureApp(copy, { app: 'large Vite app', files: await buildTeamApp(600), limit: null }),
  ]
}

/** With `limit` null the figure is told alone: it is the team's app that is of a realistic size. */
async function measureApp(
  copy: WorkingCopy,
  {
    app,
    files,
    limit,
  }: { readonly app: string; readonly files: Files; readonly limit: number | null },
): Promise<Figure> {
  await commit(copy, files)
  // Also writes into the lock file what the app has more than the fixture.
  await run(copy.dir, ['npm', 'install', '--no-audit', '--no-fund'])
  await commit(copy, {})
  await push(copy)
  const compressions: number[] = []
  const measured = await interleave(rounds, {
    prepare: async (round, which) => changeLine(copy, `${app}, ${which} ${round}`),
    cases: {
      push: async () => {
        const told = await push(copy)
        if (!told.includes('nothing to install')) throw new Error(`it installed again:\n${told}`)
      },
      bare: () => run(copy.dir, ['node_modules/.bin/vite', 'build']),
    },
    check: async (round) => {
      if (round >= 0) compressions.push(await measureCompression(join(copy.dir, 'dist')))
    },
  })
  const beside = measured.map(({ push: ours }, round) => ours - (compressions[round] ?? 0))
  const ratio = median(measured.map(({ bare }, round) => (beside[round] ?? 0) / bare))
  const difference = median(measured.map(({ bare }, round) => (beside[round] ?? 0) - bare))
  return {
    name: `redeploy of the ${app}, less its compression ÷ vite build`,
    value: ratio.toFixed(2),
    limit: limit === null ? null : limit.toFixed(2),
    isKept: limit === null || ratio <= limit,
    count: rounds,
    notes: [
      limit === null ? 'told alone, not judged' : 'this is the app that the limit is for',
      `push: ${showCase(measured, 'push')}`,
      `compression of the release: ${showMs(median(compressions))}`,
      `vite build: ${showCase(measured, 'bare')}`,
      `all else than the build and the compression: ${showMs(difference)}`,
    ],
  }
}

async function changeLine(copy: WorkingCopy, greeted: string): Promise<void> {
  const text = await readFile(join(copy.dir, 'src/App.jsx'), 'utf8')
  const changed = text.replace(/Hello from [^<]*</, `Hello from ${greeted}<`)
  await commit(copy, { 'src/App.jsx': changed })
}

/** Compresses a copy of a build as a release is, and as much of it as a release shares with none. */
async function measureCompression(dist: string): Promise<number> {
  const dir = `${dist}.copy`
  await cp(dist, dir, { recursive: true })
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true })
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    return await measureMs(() =>
      Promise.all(
        paths.map(async (path) => {
          if (isCompressible(path, (await stat(path)).size)) await compressFile(path, 0)
        }),
      ),
    )
  } finally {
    await rm(dir, { recursive: true })
  }
}

/** As somebody at a terminal runs it, who has started no script of npm around it. */
async function run(dir: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_/i.test(name) || /^npm_config_(?:registry|cafile|\w*proxy)$/i.test(name),
  )
  const { exitCode, stderr } = await runCommand({
    program: program.includes('/') ? join(dir, program) : program,
    args,
    cwd: dir,
    environment: Object.fromEntries(entries) as Record<string, string>,
    timeoutMs: 600_000,
  })
  if (exitCode !== 0) throw new Error(`${program} failed: ${stderr}`)
}
