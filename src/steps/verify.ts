/**
 * verify: asks the running nginx for the page and for each file that the page names, as a visitor
 * would, at every address of the release. What it finds wrong puts the previous release back; the
 * project's own domains can be wrong for reasons that are none of the release's, and are told only.
 */
import { Parser } from 'htmlparser2'
import { type Config, limits } from '../config.ts'
import type { Domains, SiteAnswer, Sites } from '../contracts.ts'
import type { BuildPlan } from '../domain/build-plan.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { HostName } from '../domain/names.ts'
import { type Project, subdirectoryPath } from '../domain/project.ts'
import { forcedRedirectAt, headersAt } from '../domain/site-rules/apply-rules.ts'
import type { SiteRules } from '../domain/site-rules/site-rules.ts'
import type { Facts, Step } from '../pipeline/step.ts'

const assetsMax = 200
const asksAtOnce = 8
const domainsMax = 20

export interface VerifyParts {
  readonly config: Pick<Config, 'frontendDomain'>
  readonly sites: Pick<Sites, 'addressesOf' | 'ask' | 'rulesOf'>
  readonly domains: Pick<Domains, 'hostsOf'>
}

/** One address of a site: its page is the base itself. */
export interface Place {
  readonly host: HostName
  /** `/`, or `/apps/<slug>/`. */
  readonly base: string
}

export function createVerify(
  machine: VerifyParts,
): Step<'release' | 'hosts' | 'activated', 'verified'> {
  return {
    name: 'verify',
    timeoutMs: limits.stepTimeoutMs,
    // The plan is known where something was built just now.
    run: async (
      { project, signal, summarise, warn },
      facts: Pick<Facts, 'release' | 'hosts'> & { readonly plan?: BuildPlan },
    ) => {
      let asked = 0
      const places = await findPlaces(machine, project, facts)
      const rules = await machine.sites.rulesOf(project.slug, facts.release)
      for (const place of places) {
        const ask = (path: string): Promise<SiteAnswer> =>
          machine.sites.ask(place.host, path, signal)
        const page = await ask(place.base)
        const isLedAway = place.base === '/' && forcedRedirectAt(rules, '/')?.status === page.status
        if (!isLedAway) refuseBrokenPage(page, place)
        if (!isLedAway && place.base === '/') refuseOtherHeaders(page, headersAt(rules, '/'), place)
        const assets = findAssets(page.body.toString('utf8'), place).filter(
          ({ path }) => place.base !== '/' || forcedRedirectAt(rules, pathOf(path)) === null,
        )
        for (const { path } of assets) refuseOutside(path, place, facts.plan)
        const checked = assets.slice(0, assetsMax)
        await forEachAtOnce(checked, async ({ path, kind }) => {
          refuseBrokenAsset(await ask(path), path, kind)
        })
        asked += 1 + checked.length
        if (assets.length > assetsMax)
          warn(`only the first ${assetsMax} of ${assets.length} files were asked for`)
      }
      // What is shown in a sub-directory only, other hosts lead to.
      const isAtHosts = places.some(({ base }) => base === '/')
      const domains = isAtHosts ? machine.domains.hostsOf(project).slice(0, domainsMax) : []
      await forEachAtOnce(domains, async (host) => {
        const problem = await findHostProblem(machine, { host, rules }, signal)
        if (problem !== null) warn(`${host} ${problem}`)
      })
      summarise(asked === 1 ? '1 answer, as it should be' : `${asked} answers, as they should be`)
      return { verified: true }
    },
  }
}

async function findPlaces(
  { config, sites }: VerifyParts,
  { slug }: Project,
  { release, hosts }: Pick<Facts, 'release' | 'hosts'>,
): Promise<readonly Place[]> {
  const addresses = await sites.addressesOf(slug, release)
  return addresses.flatMap((address): readonly Place[] =>
    address === 'subdomain'
      ? hosts.map((host) => ({ host, base: '/' }))
      : [{ host: config.frontendDomain, base: subdirectoryPath(slug) }],
  )
}

async function findHostProblem(
  { sites }: Pick<VerifyParts, 'sites'>,
  { host, rules }: { readonly host: HostName; readonly rules: SiteRules },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const { status } = await sites.ask(host, '/', signal)
    return status === (forcedRedirectAt(rules, '/')?.status ?? 200) ? null : `answers ${status}`
  } catch (error) {
    signal.throwIfAborted()
    return `does not answer: ${error instanceof Error ? error.message : String(error)}`
  }
}

export interface Asset {
  /** The path and query, as the browser would ask for it. */
  readonly path: string
  readonly kind: 'script' | 'style' | 'other'
}

/**
 * Every file of the same host that a page names: scripts, styles, preloads, icons, images. Without
 * what a browser would not ask for, and what is not the release's to answer.
 */
export function findAssets(html: string, { host, base }: Place): readonly Asset[] {
  const pageUrl = new URL(`http://${host}${base}`)
  let baseUrl: string | null = null
  let templates = 0
  const found = new Map<string, Asset>()
  const add = (reference: string | undefined, kind: Asset['kind']): void => {
    if (templates > 0 || reference === undefined || reference.trim() === '') return
    const url = URL.parse(reference.trim(), baseUrl ?? pageUrl.href)
    if (url === null || url.hostname !== pageUrl.hostname || !url.protocol.startsWith('http'))
      return
    const path = url.pathname + url.search
    // The platform answers what is below api/, whatever the release is.
    const isApi = ['/', base].some((root) => path.startsWith(`${root}api/`))
    if (path !== base && !isApi) found.set(path, { path, kind })
  }
  const parser = new Parser({
    onopentag: (tag, { src, href, rel = '', as, type }) => {
      if (tag === 'template') templates += 1
      if (tag === 'base' && href !== undefined)
        baseUrl ??= URL.parse(href, pageUrl.href)?.href ?? null
      if (tag === 'script' && isScriptType(type)) add(src, 'script')
      if (tag === 'img') add(src, 'other')
      if (tag !== 'link') return
      const rels = rel.toLowerCase().split(/\s+/)
      if (rels.includes('stylesheet')) add(href, 'style')
      else if (rels.includes('modulepreload')) add(href, 'script')
      else if (rels.includes('preload')) add(href, as === 'script' || as === 'style' ? as : 'other')
      else if (rels.some((name) => ['icon', 'apple-touch-icon', 'manifest'].includes(name)))
        add(href, 'other')
    },
    onclosetag: (tag) => {
      if (tag === 'template') templates -= 1
    },
  })
  parser.end(html)
  return [...found.values()]
}

/** Scripts of any other type are data to a browser, which does not fetch them (HTML, 4.12.1). */
function isScriptType(type: string | undefined): boolean {
  const named = (type ?? '').trim().toLowerCase()
  return /^(?:|module|importmap|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/.test(named)
}

function refuseBrokenPage(page: SiteAnswer, { host, base }: Place): void {
  if (page.status !== 200) refuse(`${host}${base} answers ${page.status}`, '')
  if (!page.contentType.startsWith('text/html')) {
    const type = page.contentType === '' ? 'without a type' : page.contentType
    refuse(`${host}${base} answers ${type}`, '')
  }
  if (page.body.length === 0) refuse('index.html is empty', 'Look at what your build writes.')
}

/** What `_headers` says of the first page is to be seen there. */
function refuseOtherHeaders(
  { headers }: SiteAnswer,
  wanted: ReturnType<typeof headersAt>,
  { host, base }: Place,
): void {
  for (const [name, value] of wanted) {
    const seen = headers[name.toLowerCase()] ?? null
    if (String(seen) === String(value)) continue
    const told = seen === null ? `without ${name}` : `with ${name}: ${String(seen)}`
    refuse(`${host}${base} answers ${told}, and _headers says otherwise`, '')
  }
}

/** Without the query, and decoded where it can be. */
function pathOf(reference: string): string {
  const path = reference.replace(/\?.*$/, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** What is at the domain's root belongs to nobody's app but the files of generated ones. */
function refuseOutside(path: string, { base }: Place, plan: BuildPlan | undefined): void {
  if (path.startsWith(base) || path.startsWith('/_s/')) return
  const remedy =
    plan?.kind === 'node'
      ? plan.baseRemedy.replaceAll('{base}', base)
      : `Name files relative to the page, such as "./style.css", or below ${base}.`
  refuse(
    `the page names ${path}, which is outside of ${base}: the app ignores its base path`,
    remedy,
  )
}

function refuseBrokenAsset(answer: SiteAnswer, path: string, kind: Asset['kind']): void {
  const remedy = 'Look at the base path and at the names, capitals included, in your index.html.'
  if (answer.status !== 200)
    refuse(`the page names ${path}, which answers ${answer.status}`, remedy)
  if (kind !== 'other' && answer.contentType.startsWith('text/html')) {
    refuse(`the page names ${path}, which is a page and no ${kind}`, remedy)
  }
}

function refuse(problem: string, remedy: string): never {
  throw new SlipwayError('verify_failed', { problem, remedy })
}

async function forEachAtOnce<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await act(item)
  }
  await Promise.all(Array.from({ length: asksAtOnce }, worker))
}
