// Strangers write the rules, and a real nginx reads what becomes of them: it takes every text, and
// does what the rules say and nothing else.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type HostName, parseSlug, projectHost, type Slug } from '../../../src/domain/names.ts'
import { limits } from '../../../src/config.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { headersAt } from '../../../src/domain/site-rules/apply-rules.ts'
import { matchesPath } from '../../../src/domain/site-rules/path-pattern.ts'
import { parseHeaders } from '../../../src/domain/site-rules/parse-headers.ts'
import { readKeptRules, type RuleFiles } from '../../../src/domain/site-rules/read-site-rules.ts'
import type {
  PathPattern,
  RedirectRule,
  SiteRules,
} from '../../../src/domain/site-rules/site-rules.ts'
import { siteHeaders } from '../../../src/sites/site-headers.ts'
import { startNginx } from '../../../src/sites/start-nginx.ts'
import {
  type Answer,
  asNavigation,
  type SiteLab,
  startSiteLab,
  visit,
} from '../../tools/site-lab.ts'
import { anyRuleText } from '../../tools/rule-text-arbitrary.ts'

const slugs = Array.from({ length: 10 }, (_, index) => parseSlug(`stranger-${index + 1}`))
const asked = 12
let lab: SiteLab

beforeAll(async () => {
  lab = await startSiteLab({ limits: { reloadPauseMs: 0 } })
  await mkdir(join(lab.config.dataDir, 'vhosts'))
  for (const slug of slugs) await createSite(slug)
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

const hostOf = (slug: Slug): HostName => projectHost(slug, lab.config.frontendDomain)

/** Release 1 is live, and has two files. */
async function createSite(slug: Slug): Promise<void> {
  const site = join(lab.config.nginx.wwwRoot, slug)
  await mkdir(join(site, 'releases/1/files'), { recursive: true })
  await writeFile(join(site, 'releases/1/files/index.html'), 'the first page')
  await writeFile(join(site, 'releases/1/files/404.html'), 'not here')
  await lab.sites.linkHost(slug, hostOf(slug))
  await symlink('releases/1', join(site, 'current'))
}

/** As a server that starts with these records of release 1, and with others of a release to come. */
async function startWith(live: readonly RuleFiles[], next: readonly RuleFiles[]): Promise<void> {
  for (const [index, slug] of slugs.entries()) {
    const record = {
      hosts: [hostOf(slug)],
      newest: { number: 2, ruleFiles: next[index] ?? {} },
      others: [{ number: 1, ruleFiles: live[index] ?? {} }],
    }
    await writeFile(join(lab.config.dataDir, 'vhosts', `${slug}.json`), JSON.stringify(record))
  }
  const entrance = { hosts: [], secret: new Secret('') }
  await startNginx(lab.config, entrance, {
    isProject: () => true,
    logError: (message, error) => {
      throw new Error(message, { cause: error })
    },
  })
}

const name = fc.constantFrom(
  'a',
  'b.c',
  'x-y',
  'é',
  ';',
  '"',
  '\\',
  '%24',
  '%20',
  '(a+)+',
  "{'}",
  '~',
)
const segment = fc.oneof(name, fc.constantFrom(':one', ':two'))
const path = fc
  .tuple(fc.uniqueArray(segment, { maxLength: 3 }), fc.constantFrom('', '/*'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace('//', '/'))
const value = fc.string({
  unit: fc.constantFrom(...'ab ;"\'\\{}#%=,'.split('')),
  minLength: 1,
  maxLength: 8,
})
const headerName = fc.constantFrom('X-A', 'X-B', 'Cache-Control', 'X-Frame-Options')
const goodHeaders = fc
  .array(fc.tuple(path, headerName, fc.option(value)), { maxLength: 5 })
  .map((rules) =>
    rules.map(([at, of, is]) => `${at}\n  ${is === null ? `! ${of}` : `${of}: x${is}`}`).join('\n'),
  )
const target = fc.constantFrom(
  '/new',
  '/n/:one',
  '/n/:two/:one',
  '/n/:splat',
  'https://a.b/c?d=:splat',
)
const goodRedirects = fc
  .array(fc.tuple(path, target, fc.constantFrom('', '302!', '307', '308!')), { maxLength: 5 })
  .map((rules) => rules.map((words) => words.join(' ')).join('\n'))
const anyFiles = fc.record({
  _headers: fc.oneof(goodHeaders, anyRuleText),
  _redirects: fc.oneof(goodRedirects, anyRuleText),
})
const filesOfAll = fc.array(anyFiles, { minLength: slugs.length, maxLength: slugs.length })

it('takes any rules, and sends the headers and redirects that they declare', async () => {
  await fc.assert(
    fc.asyncProperty(filesOfAll, filesOfAll, async (live, next) => {
      await startWith(live, next)
      for (const [index, slug] of slugs.entries()) {
        const rules = readKeptRules(live[index] ?? {})
        for (const path of pathsFor(rules)) {
          const headers = { host: hostOf(slug), ...asNavigation }
          const answer = await visit(lab.config.nginx.httpPort, { path, headers })
          expectRules(rules, path, answer)
        }
      }
    }),
    { numRuns: 8 },
  )
})

it('takes the longest words that rules can have', async () => {
  const longest = ['"', 'é', '/a', '.'].map((character): RuleFiles => {
    const placeholders = Array.from({ length: limits.rulePlaceholdersMax }, (_, at) => `/:n${at}`)
    const room = limits.rulePathBytesMax - placeholders.join('').length - 2
    const text = character.repeat(Math.floor(room / Buffer.byteLength(character)))
    const path = `/a${text}${placeholders.join('')}`
    return {
      _headers: `${path}\n  X-A: x${'"'.repeat(limits.headerValueLengthMax - 1)}`,
      _redirects: `${path} /${'a'.repeat(1_900)}${placeholders.join('')}`,
    }
  })
  expect(longest.map(({ _headers = '' }) => parseHeaders(_headers).problems)).toEqual([
    [],
    [],
    [],
    [],
  ])
  await startWith(longest, [])
})

/** As a browser sends them. */
function pathsFor({ headers, redirects }: SiteRules): readonly string[] {
  const patterns = [...headers.map((rule) => rule.path), ...redirects.map((rule) => rule.from)]
  const met = patterns.slice(0, asked).map((pattern) => meet(pattern))
  return ['/', '/nothing/here', ...met]
}

function meet(pattern: PathPattern): string {
  const sent = pattern.map((piece) => {
    if (piece.kind === 'segment') return 'x%20y'
    if (piece.kind === 'rest') return 'deep/é'
    return piece.text
  })
  return sent.map((text) => text.split('/').map(encodeOnce).join('/')).join('')
}

function encodeOnce(text: string): string {
  return text === 'x%20y' ? text : encodeURIComponent(text)
}

function expectRules(rules: SiteRules, sent: string, answer: Answer): void {
  const path = decodeURIComponent(sent)
  const told = JSON.stringify({ rules, sent })
  const redirect = rules.redirects.find(({ from }) => matchesPath(from, path))
  if (redirect !== undefined && (redirect.isForced || path !== '/')) {
    expect([answer.status, answer.headers.location], told).toEqual([
      redirect.status,
      locationFor(redirect, sent),
    ])
    expect(answer.headers['x-a'], told).toBeUndefined()
    return
  }
  expect([answer.status, answer.headers.location], told).toEqual([
    path === '/' ? 200 : 404,
    undefined,
  ])
  const declared = headersAt(rules, path)
  for (const name of ['X-A', 'X-B', ...siteHeaders.map((header) => header.name), 'Cache-Control']) {
    const plain =
      name === 'Cache-Control' ? 'no-cache' : siteHeaders.find((one) => one.name === name)?.value
    const wanted = declared.has(name) ? declared.get(name) : plain
    expect(answer.headers[name.toLowerCase()] ?? null, `${name} of ${told}`).toBe(wanted ?? null)
  }
}

function locationFor({ from, to }: RedirectRule, sent: string): string {
  const parts = sent.split('/').slice(1)
  const met = new Map<string, string>()
  let index = 0
  for (const piece of from) {
    if (piece.kind === 'text') index += piece.text.split('/').filter((part) => part !== '').length
    else if (piece.kind === 'segment') met.set(piece.name, parts[index++] ?? '')
    else met.set('*', parts.slice(index).join('/'))
  }
  return to
    .map((piece) =>
      piece.kind === 'text'
        ? piece.text
        : (met.get(piece.kind === 'rest' ? '*' : piece.name) ?? ''),
    )
    .join('')
}
