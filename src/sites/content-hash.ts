/**
 * Whether a path carries a hash of its content, as Vite, webpack, Next, Astro, Angular and the like
 * name what they build. Only such files may be cached for ever and live on in the pool, so a doubt
 * counts as no: a wrong yes shows old content for a year.
 */
export function isContentHashed(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.gz$/, '')
  const found = /^(.+?)((?:\.(?:map|license))?)$/i.exec(name)
  const parts = /^(.+)\.([a-z0-9]{1,12})$/i.exec(found?.[1] ?? '')
  const extension = parts?.[2]?.toLowerCase()
  if (parts === null || extension === undefined || pageExtensions.has(extension)) return false
  const stem = (parts[1] ?? '').replace(
    /(?:[.-](?:chunk|bundle|lean|min|module|async)|-s(?:\.p)?)+$/,
    '',
  )
  const isCode = codeExtensions.has(extension)
  return (
    !uuidAtEnd.test(stem) &&
    (endsInHexHash(stem, isCode) ||
      endsInShortHash(stem, isCode, builtFolder.test(path)) ||
      isUnderHashedFolder(path))
  )
}

/**
 * Whether it might be one of Vite's all the same: one in thirty of its hashes looks like what people
 * write. Never to be cached for ever, nor to stand before a file of the live release.
 */
export function mayBeContentHashed(path: string): boolean {
  const [, token, extension] =
    /[.-]([A-Za-z0-9_-]{8})\.([a-z0-9]{1,12})$/.exec(builtFolder.test(path) ? path : '') ?? []
  return (
    token !== undefined &&
    extension !== undefined &&
    !pageExtensions.has(extension) &&
    !/^(?:[a-z]+|[0-9_-]+)$/.test(token) &&
    !isContentHashed(path)
  )
}

const pageExtensions = new Set(['html', 'htm', 'xhtml', 'txt', 'webmanifest'])
const codeExtensions = new Set(['js', 'mjs', 'cjs', 'css'])
/** Where Vite and its kin put what they name themselves. */
const builtFolder = /(?:^|\/)(?:assets|_astro|_nuxt|chunks)\/[^/]+$/
const uuidAtEnd = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** webpack, Parcel, Next, Gatsby: 8 to 64 hexadecimal digits, of one of the usual lengths. */
function endsInHexHash(stem: string, isCode: boolean): boolean {
  const digits = /(?:^|[._~-])([0-9a-f]+)$/.exec(stem)?.[1]
  if (digits === undefined || ![8, 10, 12, 16, 20, 24, 32, 40, 64].includes(digits.length)) {
    return false
  }
  if (/[0-9]/.test(digits) && /[a-f]/.test(digits)) return true
  // One in 43 hashes of eight digits has no letter; a date or a number has none either.
  return (
    isCode && /^[0-9]{8}$/.test(digits) && !/^(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]$/.test(digits)
  )
}

/** Vite and Rollup: 8 of base64url; Angular: 8 of base32 in upper case. */
function endsInShortHash(stem: string, isCode: boolean, isInBuiltFolder: boolean): boolean {
  const token = /(?:^|.[._-])([A-Za-z0-9_-]{8})$/.exec(stem)?.[1]
  if (token === undefined || (token === stem && !isInBuiltFolder)) return false
  if (/^[A-Z2-7]{8}$/.test(token)) return /[2-7]/.test(token) ? /[A-Z]/.test(token) : isCode
  if (isMadeOfWords(token)) return false
  if (isInBuiltFolder) return true
  const letters = token.replace(/[_-]/g, '')
  const hasBothCases = /[a-z]/.test(letters) && /[A-Z]/.test(letters)
  return countTurns(letters) >= (hasBothCases ? 2 : 4)
}

/** `TableRow`, `jQueryUI`, `iPhone15`, `1024x768`, `foo-Bars`, `version2`: what people write. */
function isMadeOfWords(token: string): boolean {
  return token
    .split(/[_-]/)
    .every(
      (part) =>
        /^(?:[0-9]+x?[0-9]*|v[0-9]+|[a-z]{1,2}|[A-Z]{1,4}[0-9]{0,4})$/.test(part) ||
        (/^(?:[a-z]*|[A-Z][a-z]+)(?:[A-Z][a-z]{2,})*(?:[A-Z]{2,3})?[0-9]{0,4}$/.test(part) &&
          /[aeiouy]/i.test(part) &&
          !/[bcdfghjklmnpqrstvwxz]{5}/.test(part) &&
          !/^[A-Z]?[bcdfghjklmnpqrstvwxz]{4}/.test(part)) ||
        /^[a-z]{3,}[0-9]{2,3}[a-z]{0,3}$/.test(part),
    )
}

/** How often the kind of character changes: `BkX3a9` 5 times, `base64js` twice. */
function countTurns(text: string): number {
  return (text.match(/[0-9]+|[a-z]+|[A-Z]+/g)?.length ?? 1) - 1
}

/** SvelteKit puts nothing into this folder but what never changes. */
function isUnderHashedFolder(path: string): boolean {
  return /(?:^|\/)_app\/immutable\//.test(path)
}
