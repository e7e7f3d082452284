/** The paths of `_headers` and `_redirects`, as in `/blog/:year/*`. */
import { limits } from '../limits.ts'
import { quote, RuleMistake } from './rule-lines.ts'
import type { PathPattern, PathPiece } from './site-rules.ts'

/** Throws `RuleMistake`. */
export function parsePath(text: string): PathPattern {
  refuseUnfit(text)
  const segments = text.slice(1).replace(/\/$/, '').split('/')
  const pieces = segments.flatMap((segment, index): readonly PathPiece[] => {
    const isLast = index === segments.length - 1
    return [{ kind: 'text', text: '/' }, ...parseSegment(segment, isLast, text)]
  })
  refuseTooMany(pieces, text)
  const pattern = joinTexts(pieces)
  refuseUnreachable(pattern, text)
  refuseForeign(pattern, text)
  return pattern
}

/** Whether it is meant by what a visitor asked for, decoded. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  const source = pattern.map((piece) => {
    if (piece.kind === 'text') return piece.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    return piece.kind === 'segment' ? '[^/]+' : '.*'
  })
  const isOpen = pattern.at(-1)?.kind === 'rest'
  const whole = isOpen ? source.join('').replace(/\/\.\*$/, '(?:/.*)?') : `${source.join('')}/?`
  return new RegExp(`^${whole}$`, 'su').test(path)
}

function refuseUnfit(text: string): void {
  const bytesMax = limits.rulePathBytesMax
  const problem = /^https?:\/\//i.test(text)
    ? 'names a host, and rules are for every host of the project; a path stands there, as "/blog/*"'
    : !text.startsWith('/')
      ? 'is no path; a path begins with "/", as "/blog/*" does'
      : new TextEncoder().encode(text).length > bytesMax
        ? `has more than ${bytesMax} bytes`
        : /[?#]/.test(text)
          ? 'holds "?" or "#"; only the path of what is asked for is compared'
          : text.includes('//')
            ? 'holds "//", which nobody asks for'
            : null
  if (problem !== null) throw new RuleMistake(`${quote(text)} ${problem}`)
}

function parseSegment(segment: string, isLast: boolean, path: string): readonly PathPiece[] {
  if (segment === '*' && isLast) return [{ kind: 'rest' }]
  if (segment.includes('*')) {
    throw new RuleMistake(
      `${quote(path)} has a "*" elsewhere than as its last part; "/blog/*" can stand there, or ":name" for one part in the middle`,
    )
  }
  if (segment.startsWith(':')) return [{ kind: 'segment', name: parseName(segment.slice(1), path) }]
  const text = decode(segment, path)
  return text === '' ? [] : [{ kind: 'text', text }]
}

function parseName(name: string, path: string): string {
  if (/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(name) && name !== 'splat') return name
  throw new RuleMistake(
    `${quote(path)} has the placeholder ${quote(`:${name}`)}; it is called by a letter and up to 31 of A-Z, a-z, 0-9 and _, and not "splat"`,
  )
}

function decode(segment: string, path: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new RuleMistake(`${quote(path)} has a "%" that is followed by no character; write %25`)
  }
}

function refuseTooMany(pieces: readonly PathPiece[], path: string): void {
  const names = pieces.filter(({ kind }) => kind !== 'text').map((piece) => JSON.stringify(piece))
  if (new Set(names).size < names.length) {
    throw new RuleMistake(`${quote(path)} has one placeholder twice; give each a name of its own`)
  }
  if (names.length > limits.rulePlaceholdersMax) {
    throw new RuleMistake(
      `${quote(path)} has more than ${limits.rulePlaceholdersMax} placeholders; end it with "*"`,
    )
  }
}

function joinTexts(pieces: readonly PathPiece[]): PathPattern {
  return pieces.reduce<readonly PathPiece[]>((joined, piece) => {
    const last = joined.at(-1)
    if (piece.kind !== 'text' || last?.kind !== 'text') return [...joined, piece]
    return [...joined.slice(0, -1), { kind: 'text', text: last.text + piece.text }]
  }, [])
}

/** nginx has decoded what it compares, resolved its dots and joined its slashes. */
function refuseUnreachable(pattern: PathPattern, path: string): void {
  const texts = pattern.map((piece) => (piece.kind === 'text' ? piece.text : ''))
  const isReachable =
    texts.every((text) => !/\/\/|[\p{Cc}]|\/\.{1,2}(?:\/|$)/u.test(text)) &&
    !/.\/$/.test(texts.at(-1) ?? '')
  if (isReachable) return
  throw new RuleMistake(`${quote(path)} can be no path of a site: nobody can ask for it`)
}

function refuseForeign([first]: PathPattern, path: string): void {
  const text = first?.kind === 'text' ? first.text : ''
  if (!/^\/(?:api|__slipway[^/]*)(?:\/|$)/.test(text)) return
  throw new RuleMistake(
    `${quote(path)} is not answered by the site: what is below /api/ comes from the backend, and /__slipway… from the server`,
  )
}
