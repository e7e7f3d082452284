// `_headers` and `_redirects` are for nginx: they are read, kept with the release, and not published.
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReleaseSource } from '../../src/contracts.ts'
import { readSiteRules } from '../../src/domain/site-rules/read-site-rules.ts'
import { noRules } from '../../src/domain/site-rules/site-rules.ts'
import { readManifest } from '../../src/sites/manifest.ts'
import { asNavigation, type Files, openSiteLab, type SiteLab } from '../tools/site-lab.ts'

let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab()
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

const page = { 'index.html': '<h1>harbour</h1>' }
const ruleFiles = {
  _headers: '/*\n  X-Frame-Options: DENY\n/a\n  ! Referrer-Policy\n',
  _redirects: '/old /new 302\n',
}
const bad = { _headers: 'X: 1\n', _redirects: '/old /new 200\n/a\n' }

const asFiles = (files: Files): ReleaseSource => ({
  files: Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })),
})
const asFolder = (files: Files): Promise<string> => lab.write(files)

const manifestOf = async (number: number) =>
  readManifest(join(lab.config.nginx.wwwRoot, 'mon-app/releases', String(number), 'manifest.json'))

describe.each([
  ['of a folder', asFolder],
  ['of a commit', asFiles],
])('the two files %s', (_, as) => {
  test('are kept beside what is published, and can not be asked for', async () => {
    await lab.nginx.apply()
    const { files, rules } = await lab.publish(1, await as({ ...page, ...ruleFiles }))
    expect(files).toBe(1)
    expect(rules).toEqual(readSiteRules(ruleFiles).rules)
    const manifest = await manifestOf(1)
    expect(manifest?.ruleFiles).toEqual(ruleFiles)
    expect([...(manifest?.files.keys() ?? [])]).toEqual(['index.html'])
    await lab.sites.activate(lab.slug, 1)
    await lab.sites.linkHost(lab.slug, lab.host)
    expect((await lab.get('/_headers', asNavigation)).status).toBe(404)
    expect((await lab.get('/_redirects', asNavigation)).status).toBe(404)
    expect((await lab.get('/', asNavigation)).status).toBe(200)
  })

  test('are refused with every mistake in them, and leave no release behind', async () => {
    const published = lab.publish(1, await as({ ...page, ...bad }))
    await expect(published).rejects.toMatchObject({
      code: 'site_rules_invalid',
      lines: [
        expect.stringMatching(/^_headers:1: a header is indented/),
        expect.stringMatching(/^_redirects:1: "200" would show one path at another/),
        expect.stringMatching(/^_redirects:2: a redirect is "from to"/),
      ],
    })
    expect(await lab.sites.listReleases(lab.slug)).toEqual([])
  })

  test('may have so many bytes, and no more', async () => {
    const most = `#${'x'.repeat(64 * 1024 - 1)}`
    expect((await lab.publish(1, await as({ ...page, _headers: most }))).rules).toEqual(noRules)
    for (const [number, more] of [`${most}x`, most.repeat(3)].entries()) {
      const published = lab.publish(number + 2, await as({ ...page, _redirects: more }))
      await expect(published).rejects.toThrow('_redirects: it has more than 65,536 bytes')
    }
    const latin = Buffer.from('/café /a', 'latin1')
    const published = lab.publish(4, await as({ ...page, _redirects: latin }))
    await expect(published).rejects.toThrow('_redirects: it is not UTF-8')
  })

  test('are files like any other in a folder', async () => {
    const { files, rules } = await lab.publish(1, await as({ ...page, 'a/_headers': 'hello' }))
    expect(files).toBe(2)
    expect(rules).toEqual(noRules)
  })
})

test('a release that has none of them says so', async () => {
  expect((await lab.publish(1, page)).rules).toEqual(noRules)
  expect((await manifestOf(1))?.ruleFiles).toEqual({})
})

test('what is shown in a sub-directory has no rules of its own', async () => {
  const { rules } = await lab.publish(1, { ...page, ...ruleFiles }, { address: 'subdirectory' })
  expect(rules.redirects).toHaveLength(1)
  expect((await manifestOf(1))?.ruleFiles).toEqual({})
})

test('the usual line of a single-page app makes it one', async () => {
  await lab.nginx.apply()
  await lab.deploy(1, { ...page, _redirects: '/* /index.html 200' })
  expect(await lab.get('/deep/link', asNavigation)).toMatchObject({
    status: 200,
    body: page['index.html'],
  })
  await lab.deploy(2, page)
  expect((await lab.get('/deep/link', asNavigation)).status).toBe(404)
})
