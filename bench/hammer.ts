/**
 * Visitors who load a page, and what it names up to two seconds later, while push after push swaps
 * the site under them: every answer has to be a 200. All swaps are made by real pushes, each of a
 * build whose files have names of their own.
 */
import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { visit } from '../test/tools/site-lab.ts'
import { startSlipwayServer, type SlipwayServer } from '../test/tools/slipway-server.ts'
import type { Figure } from './figure.ts'
import { commit, type Files, makePusher, push } from './pusher.ts'

const visitors = 32
const swaps = 200
const assetDelayMaxMs = 2_000
const host = 'harbour.localhost'

interface Tally {
  pages: number
  assets: number
  readonly wrong: string[]
  isOver: boolean
}

export async function benchHammer(): Promise<readonly Figure[]> {
  await using server = await startSlipwayServer()
  await server.createProject('harbour')
  const copy = await makePusher(server.folder, await server.remote('harbour'), builtSite(0))
  await push(copy)
  const tally: Tally = { pages: 0, assets: 0, wrong: [], isOver: false }
  const visiting = Array.from({ length: visitors }, () => visitUntilOver(server, tally))
  try {
    for (let swap = 1; swap <= swaps; swap += 1) {
      await copy.git('rm', '-rq', '.')
      await commit(copy, builtSite(swap))
      await push(copy)
    }
  } finally {
    tally.isOver = true
    await Promise.all(visiting)
  }
  const { pages, assets, wrong } = tally
  return [
    {
      name: `answers but 200 to ${visitors} visitors through ${swaps} swaps`,
      value: String(wrong.length),
      limit: '0',
      isKept: wrong.length === 0,
      count: pages + assets,
      notes: [
        `${pages} pages and ${assets} assets; every swap is a push of other hashed names`,
        ...[...new Set(wrong)].slice(0, 5),
      ],
    },
  ]
}

/** One person's browser: it keeps connections, and loads what the page named when it was asked. */
async function visitUntilOver(server: SlipwayServer, tally: Tally): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const ask = async (path: string, accept: string): Promise<string> => {
    const answer = await visit(server.httpPort, { path, agent, headers: { host, accept } })
    const isPage = answer.headers['content-type']?.startsWith('text/html') ?? false
    const isWrong = answer.status !== 200 || isPage !== (path === '/')
    if (isWrong) tally.wrong.push(`${path}: ${answer.status} ${answer.headers['content-type']}`)
    return answer.body
  }
  const askAsset = async (path: string): Promise<void> => {
    await wait(Math.random() * assetDelayMaxMs)
    const body = await ask(path, '*/*')
    if (!path.includes(hashOf(body))) tally.wrong.push(`${path}: not what was built`)
    tally.assets += 1
  }
  try {
    while (!tally.isOver) {
      const page = await ask('/', 'text/html')
      tally.pages += 1
      await Promise.all([...page.matchAll(/\/assets\/[^"]+/g)].map(([path]) => askAsset(path)))
    }
  } catch (error) {
    tally.wrong.push(String(error))
  } finally {
    agent.destroy()
  }
}

/** As Vite leaves it: each file named by eight characters of a hash of its content. */
function builtSite(build: number): Files {
  const assets = ['js', 'css'].map((extension) => {
    const text = `/* ${extension} of build ${build} */\n${'.a { color: red }\n'.repeat(200)}`
    return [`assets/index-${hashOf(text)}.${extension}`, text] as const
  })
  const tags = assets.map(([path]) =>
    path.endsWith('.js')
      ? `<script type="module" src="/${path}"></script>`
      : `<link rel="stylesheet" href="/${path}">`,
  )
  const page = `<!doctype html><title>Build ${build}</title>${tags.join('')}<h1>Build ${build}</h1>\n`
  return { 'index.html': page, ...Object.fromEntries(assets) }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8)
}
