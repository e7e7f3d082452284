/** Which names of an output are published, which are left out, and which refuse it as a whole. */
import { SlipwayError } from '../domain/errors.ts'

/** Names that the file system gives as bytes; throws `output_refused` for one that can't be a URL. */
export function readName(bytes: Buffer, folder: string): string {
  const name = bytes.toString('utf8')
  const problem = !Buffer.from(name, 'utf8').equals(bytes)
    ? 'is not UTF-8'
    : hasControlCharacter(name)
      ? 'holds a control character'
      : name.includes('\\')
        ? 'holds a backslash'
        : null
  if (problem === null) return name
  const shown = JSON.stringify(joinPath(folder, name)).slice(0, 200)
  throw new SlipwayError('output_refused', { problem: `the name ${shown} ${problem}.` })
}

/** Dot-files stay at home, but for `/.well-known/`, whose challenges are the server's own. */
export function isLeftOut(path: string): boolean {
  if (path === '.well-known') return false
  if (path === '.well-known/acme-challenge') return true
  return path.slice(path.lastIndexOf('/') + 1).startsWith('.')
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function hasControlCharacter(name: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(name)
}
