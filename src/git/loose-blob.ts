/**
 * Reads one small file of a commit as git keeps it just after a push: an object of its own, deflated.
 * A process of git would take ten times as long.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { hasErrorCode } from '../machine/files.ts'

const inflateAsync = promisify(inflate)
/** `blob <bytes>` and a NUL. */
const headerBytesMax = 32

/** Null where only git can tell: packed, damaged, too large or no blob. */
export async function readLooseBlob(
  repositoryDir: string,
  oid: string,
  bytesMax: number,
): Promise<Buffer | null> {
  try {
    const deflated = await readFile(`${repositoryDir}/objects/${oid.slice(0, 2)}/${oid.slice(2)}`)
    const object = await inflateAsync(deflated, { maxOutputLength: bytesMax + headerBytesMax })
    if (createHash('sha1').update(object).digest('hex') !== oid) return null
    const end = object.indexOf(0)
    const content = object.subarray(end + 1)
    const isWhole = object.toString('latin1', 0, end) === `blob ${content.length}`
    return isWhole && content.length <= bytesMax ? content : null
  } catch (error) {
    const isExpected = hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ERR_BUFFER_TOO_LARGE')
    if (isExpected || hasErrorCode(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR')) return null
    throw error
  }
}
