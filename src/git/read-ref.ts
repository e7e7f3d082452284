/**
 * Reads one ref as git keeps it: a file of its own, or a line of `packed-refs`. A process of git
 * would take ten times as long, and each push asks for several.
 */
import { readFileSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { type Oid, toOid } from '../domain/names.ts'
import { hasErrorCode } from '../machine/files.ts'

/** `unknown` where only git can tell: names that lead elsewhere, symbolic refs, another format. */
export async function readRefFile(
  repositoryDir: string,
  ref: string,
): Promise<Oid | null | 'unknown'> {
  if (!isPlainRefName(ref)) return 'unknown'
  try {
    // One line: at once, where four calls of their own would each wait for a turn.
    const text = readFileSync(`${repositoryDir}/${ref}`, 'latin1')
    return toOid(text.trimEnd()) ?? 'unknown'
  } catch (error) {
    // git removes the file only after its line is in packed-refs, so they are read in this order.
    if (hasErrorCode(error, 'ENOENT', 'EISDIR')) return readPackedRef(repositoryDir, ref)
    if (hasErrorCode(error, 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) return 'unknown'
    throw error
  }
}

/**
 * True where the name, as a path below the repository, stays below its `refs` and is no file that
 * git makes for itself there. Stricter than git-check-ref-format(1).
 */
export function isPlainRefName(ref: string): boolean {
  return (
    /^refs\/(?:heads|tags)\/[^\p{Cc}\p{Cs}\\ ]+$/u.test(ref) &&
    ref.split('/').every((part) => /^[^.]/.test(part) && !/\.\.|\.lock$|\.$/.test(part))
  )
}

async function readPackedRef(repositoryDir: string, ref: string): Promise<Oid | null | 'unknown'> {
  try {
    return findPackedRef(await readFile(`${repositoryDir}/packed-refs`), ref)
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
    const isRepository = await access(`${repositoryDir}/refs`).then(
      () => true,
      () => false,
    )
    return isRepository ? null : 'unknown'
  }
}

/** A line is `<oid> <ref>`; what stands behind it in the file, a tag's commit, begins with `^`. */
function findPackedRef(packed: Buffer, ref: string): Oid | null {
  const end = packed.indexOf(` ${ref}\n`)
  const start = end - 40
  if (start < 0 || (start > 0 && packed[start - 1] !== 0x0a)) return null
  return toOid(packed.toString('latin1', start, end))
}
