/** Projects with headers and redirects of their own among many hosts, as Slipway writes their files. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostName, Slug } from '../src/domain/names.ts'
import type { RuleFiles } from '../src/domain/site-rules/read-site-rules.ts'
import { renderManifest } from '../src/sites/manifest.ts'
import { openVhostRecords } from '../src/sites/vhosts/vhost-records.ts'
import { type SiteLab, visit } from '../test/tools/site-lab.ts'
import { hostAt, makeSite, slugAt } from './hosts-sites.ts'

const oneIn = 10

/** Answers how many have them. */
export async function giveRules(lab: SiteLab, count: number): Promise<number> {
  const records = openVhostRecords(lab.config)
  const indexes = Array.from({ length: Math.floor(count / oneIn) }, (_, index) => 1 + oneIn * index)
  for (const index of indexes) {
    await records.save({
      slug: slugAt(index),
      hosts: [hostAt(index)],
      newest: { number: 2, ruleFiles: rulesOf('second') },
      others: [{ number: 1, ruleFiles: rulesOf('first') }],
    })
  }
  await lab.nginx.vhosts.mend(() => true)
  await lab.nginx.apply()
  return indexes.length
}

export async function addRuled(lab: SiteLab, slug: Slug, host: HostName): Promise<void> {
  await makeSite(lab, slug)
  const facts = {
    number: 1,
    spaFallback: false,
    address: 'subdomain',
    modifiedAt: 0,
    bytes: 0,
  } as const
  const manifest = { ...facts, ruleFiles: rulesOf('first'), files: new Map<string, never>() }
  const release = join(lab.config.nginx.wwwRoot, slug, 'releases', '1')
  await writeFile(join(release, 'manifest.json'), renderManifest(manifest, {}))
  await lab.sites.linkHost(slug, host)
  await lab.sites.bringRules({ slug, number: 1, hosts: () => [host] }, () => undefined)
  const { headers } = await visit(lab.config.nginx.httpPort, { path: '/', headers: { host } })
  if (headers['x-release'] !== 'first') throw new Error(`${host} has no headers of its own`)
}

function rulesOf(release: string): RuleFiles {
  return {
    _headers: `
/*
  X-Release: ${release}
  X-Frame-Options: DENY
  Content-Security-Policy: default-src 'self'; img-src *; style-src 'self' 'unsafe-inline'
/assets/*
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=604800
`,
    _redirects: `
/home            /
/blog/:year/*    /articles/:year/:splat    302
/old-shop/*      https://shop.example.org/:splat
/contact.html    /about/#contact
/login           /account/                 307!
`,
  }
}
