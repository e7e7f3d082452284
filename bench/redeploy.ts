/**
 * A redeploy of a Vite app with one changed line, beside a bare `vite build` of the same files in
 * their folder. What compressing the release takes is measured apart and told, since a bare build
 * makes no compressed files.
 */
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { compressFile, isCompressible } from '../src/sites/compress-file.ts'
import { runCommand } from '../src/machine/run-command.ts'
import { git } from '../test/tools/git-client.ts'
import { startSlipwayServer, type WorkingCopy } from '../test/tools/slipway-server.ts'
import { type Figure, interleave, measureMs, median, showCase, showMs } from './figure.ts'
import { commit, type Files, makePusher, push } from './pusher.ts'

const viteApp = resolve(import.meta.dirname, '../test/fixtures/vite-react')
const rounds = 9
const ratioMax = 1.15
const componentCount = 600

export async function benchRedeploy(): Promise<readonly Figure[]> {
  return [
    await measureApp('small', 0, null),
    await measureApp('mid-size', componentCount, ratioMax),
  ]
}

/** With `limit` null the figure is told alone: beside a build of a moment, a push is a long time. */
async function measureApp(size: string, components: number, limit: number | null): Promise<Figure> {
  await using server = await startSlipwayServer()
  const slug = 'harbour'
  await server.createProject(slug)
  const copy = await makePusher(server.folder, await server.remote(slug), await readApp(components))
  await push(copy)
  const bareDir = await mkdtemp(join(server.folder, 'bare-'))
  await git(server.folder, ['clone', '--quiet', copy.dir, bareDir])
  await run(bareDir, ['npm', 'ci', '--no-audit', '--no-fund'])
  const compressions: number[] = []
  const measured = await interleave(rounds, {
    prepare: async (round, which) => {
      await changeLine(copy, round)
      if (which === 'bare') await git(bareDir, ['pull', '--quiet'])
    },
    cases: {
      push: async () => {
        const told = await push(copy)
        if (/added \d+ packages/.test(told)) throw new Error(`it installed again:\n${told}`)
      },
      bare: () => run(bareDir, ['node_modules/.bin/vite', 'build']),
    },
    check: async (round) => {
      if (round >= 0) compressions.push(await measureCompression(join(bareDir, 'dist')))
    },
  })
  const ratio = median(
    measured.map(({ push: ours, bare }, round) => (ours - (compressions[round] ?? 0)) / bare),
  )
  return {
    name: `redeploy of a ${size} Vite app, less its compression ÷ vite build`,
    value: ratio.toFixed(2),
    limit: limit === null ? null : limit.toFixed(2),
    isKept: limit === null || ratio <= limit,
    count: rounds,
    notes: [
      `push: ${showCase(measured, 'push')}`,
      `compression of the release: ${showMs(median(compressions))}`,
      `vite build: ${showCase(measured, 'bare')}`,
    ],
  }
}

/** The fixture, with as many components more as asked for, each with words and a style of its own. */
async function readApp(components: number): Promise<Files> {
  const files: Record<string, string> = {}
  for (const entry of await readdir(viteApp, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[path.slice(viteApp.length + 1)] = await readFile(path, 'utf8')
  }
  const numbers = Array.from({ length: components }, (_, number) => number)
  for (const number of numbers) files[`src/boats/Boat${number}.jsx`] = renderComponent(number)
  const names = numbers.map((number) => `Boat${number}`)
  files['src/boats/index.js'] = names
    .map((name) => `export { ${name} } from './${name}.jsx'\n`)
    .join('')
  if (components > 0) {
    files['src/main.jsx'] += `import * as boats from './boats/index.js'\nwindow.boats = boats\n`
  }
  return files
}

function renderComponent(number: number): string {
  const rows = Array.from(
    { length: 12 },
    (_, row) =>
      `      <li key="${row}">{name} at berth ${number}-${row}, since {since + ${row}}</li>`,
  )
  return `import { useState } from 'react'

export function Boat${number}({ name, since }) {
  const [isMoored, setMoored] = useState(${number % 2 === 0})
  return (
    <ul className={isMoored ? 'moored-${number}' : 'at-sea'} onClick={() => setMoored(!isMoored)}>
${rows.join('\n')}
    </ul>
  )
}
`
}

async function changeLine(copy: WorkingCopy, round: number): Promise<void> {
  const path = join(copy.dir, 'src/App.jsx')
  const text = await readFile(path, 'utf8')
  const changed = text.replace(/Hello from [^<]*</, `Hello from round ${round}<`)
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

async function run(dir: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const { PATH = '', HOME = '' } = process.env
  const npm = Object.entries(process.env).filter(([name]) => /^npm_config_registry$/i.test(name))
  const { exitCode, stderr } = await runCommand({
    program: program.includes('/') ? join(dir, program) : program,
    args,
    cwd: dir,
    environment: { PATH, HOME, ...Object.fromEntries(npm) } as Record<string, string>,
    timeoutMs: 300_000,
  })
  if (exitCode !== 0) throw new Error(`${program} failed: ${stderr}`)
}
