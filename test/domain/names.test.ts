import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  branchOfRef,
  isSlugShaped,
  parseProjectId,
  parseSlug,
  projectHost,
  reservedSlugs,
  slugFromName,
  slugFromSchemaName,
  toHostName,
  toOid,
} from '../../src/domain/names.ts'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** What a text becomes, or null where it is refused. */
function accept<Name>(parse: (text: string) => Name, text: string): Name | null {
  try {
    return parse(text)
  } catch {
    return null
  }
}

const nearlySlug = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_.-]{0,70}$/),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.constantFrom(...reservedSlugs),
)

describe('a slug', () => {
  test('is taken as it stands or not at all, and is then a valid label of a host name', () => {
    fc.assert(
      fc.property(nearlySlug, (text) => {
        const slug = accept(parseSlug, text)
        if (slug === null) return
        expect(slug).toBe(text)
        expect(slug).toMatch(label)
        expect(slug).not.toContain('--')
        expect(reservedSlugs.has(slug)).toBe(false)
        expect(isSlugShaped(slug)).toBe(true)
        const domain = toHostName('example.org')
        if (domain === null) throw new Error('no domain')
        expect(new URL(`http://${projectHost(slug, domain)}/`).host).toBe(`${slug}.example.org`)
      }),
    )
  })

  test.each(['a', '7', 'a-b', 'x'.repeat(63), 'mon-app-12345', '0-0'])('may be %s', (text) => {
    expect(parseSlug(text)).toBe(text)
  })

  test.each([
    '',
    '-',
    '-a',
    'a-',
    'a--b',
    'xn--caf-dma',
    'A',
    'a_b',
    'a.b',
    'a b',
    'a\n',
    'é',
    '..',
    'a/b',
    'x'.repeat(64),
  ])('is not %j', (text) => {
    expect(() => parseSlug(text)).toThrow('can not be part of a host name')
  })

  test.each(['www', 'deploy', 'api', 'admin', 'apps', 'mail', 'localhost'])(
    'is not %s, which is reserved',
    (text) => {
      expect(() => parseSlug(text)).toThrow(`The name "${text}" is reserved.`)
      expect(() => slugFromSchemaName(text.toUpperCase())).toThrow('is reserved')
    },
  )
})

test('a schema_name becomes a slug: lower case, hyphens for underscores', () => {
  expect(slugFromSchemaName('mon_app_12345')).toBe('mon-app-12345')
  expect(slugFromSchemaName('MonApp')).toBe('monapp')
  for (const name of ['a__b', '_a', 'a_', '', 'a b']) {
    expect(() => slugFromSchemaName(name)).toThrow('can not be part of a host name')
  }
})

describe('a slug made from a name', () => {
  test.each([
    ['Café à gogo', 'cafe-a-gogo-k3x9q'],
    ['  Mon   App!! ', 'mon-app-k3x9q'],
    ['ŁÓDŹ Straße', 'odz-stra-e-k3x9q'],
    ['🚢🚢🚢', 'app-k3x9q'],
    ['ship 🚢 it', 'ship-it-k3x9q'],
    ['متجر الكتب', 'app-k3x9q'],
    ['日本語 shop', 'shop-k3x9q'],
    ['ＦＵＬＬ', 'full-k3x9q'],
    ['--a--b--', 'a-b-k3x9q'],
    ['www', 'www-k3x9q'],
    ['', 'app-k3x9q'],
  ])('%s → %s', (name, slug) => {
    expect(slugFromName(name, 'k3x9q')).toBe(slug)
  })

  test('keeps its suffix however long the name is', () => {
    const slug = slugFromName('word '.repeat(40), 'k3x9q')
    expect(slug).toMatch(/^word-.*-word-k3x9q$|^word-.*-k3x9q$/)
    expect(slug.length).toBeLessThanOrEqual(63)
  })

  test('can be made from any name', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.stringMatching(/^[a-zA-Z -]{0,200}$/),
    )
    fc.assert(
      fc.property(name, fc.stringMatching(/^[a-z2-9]{5}$/), (text, suffix) => {
        const slug = slugFromName(text, suffix)
        expect(slug).toMatch(label)
        expect(slug.endsWith(`-${suffix}`)).toBe(true)
      }),
    )
  })
})

describe('the id of a project', () => {
  test('is any UUID, in lower case', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (uuid, isUpper) => {
        expect(parseProjectId(isUpper ? uuid.toUpperCase() : uuid)).toBe(uuid.toLowerCase())
      }),
    )
  })

  test('is any positive integer of up to 19 digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (id) => {
        expect(parseProjectId(String(id))).toBe(String(id))
      }),
    )
  })

  test.each([
    '',
    '0',
    '007',
    '-1',
    '+1',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '1'.repeat(20),
    'abc',
    '../etc',
    '{a987fbc9-4bed-3078-8f07-9141ba07c9f3}',
    'a987fbc94bed30788f079141ba07c9f3',
  ])('is not %j', (text) => {
    expect(() => parseProjectId(text)).toThrow('is no project id')
  })
})

test('an object id has 40 hexadecimal digits in lower case', () => {
  expect(toOid('0123456789abcdef0123456789abcdef01234567')).not.toBeNull()
  for (const text of ['', 'a'.repeat(39), 'a'.repeat(41), 'A'.repeat(40), `${'a'.repeat(40)}\n`]) {
    expect(toOid(text)).toBeNull()
  }
})

test('a host name has labels of letters, digits and hyphens', () => {
  expect(toHostName('Example.ORG')).toBe('example.org')
  for (const text of ['', '.', 'a.', '.a', 'a..b', '-a.b', 'a b', 'a:80', 'é.fr', 'x'.repeat(64)]) {
    expect(toHostName(text)).toBeNull()
  }
  expect(toHostName(`${'a.'.repeat(126)}a`)).not.toBeNull()
  expect(toHostName(`${'a.'.repeat(127)}a`)).toBeNull()
})

test('a branch is what stands below refs/heads/', () => {
  expect(branchOfRef('refs/heads/feature/x')).toBe('feature/x')
  expect(branchOfRef('refs/heads/--upload-pack=x')).toBe('--upload-pack=x')
  for (const ref of ['refs/tags/v1', 'HEAD', 'refs/Heads/main']) expect(branchOfRef(ref)).toBeNull()
})
