/**
 * Certificates on disk: `certs/<name>` is a link to one version of a chain and its key, so that
 * both change by one rename(2). nginx reads them at each handshake, by the name of the host; its
 * group may read the key, and nobody else.
 */
import { X509Certificate, createPrivateKey, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import {
  hasErrorCode,
  readLinkIfAny,
  replaceLink,
  toDiskError,
  writeFileAtomically,
} from '../machine/files.ts'
import { readAuthority } from './authority-mark.ts'

/** PEM, as nginx reads them. */
export interface KeyPair {
  /** The certificate, then those that signed it. */
  readonly chain: string
  readonly key: string
}

export interface ReadCertificate {
  readonly certificate: X509Certificate
  /** PEM. */
  readonly key: string
  /** Who issued it for us; null where somebody else has put it there. */
  readonly authority: string | null
  readonly notBefore: Date
  readonly notAfter: Date
}

export interface CertificateFiles {
  /**
   * Null where there is none, or what is there is cut short or does not fit together. Throws where
   * it could not be read for a reason that passes.
   */
  readonly read: (name: string) => Promise<ReadCertificate | null>
  /** Throws with a sentence where the pair is not fit to be served for these names. */
  readonly write: (name: string, pair: KeyPair, names: readonly string[]) => Promise<void>
  /** Visitors get it no more. It is kept; what somebody else has put there stays. */
  readonly putAway: (name: string) => Promise<void>
  /** Undoes that, where what was kept is whole and still good. */
  readonly takeBack: (name: string) => Promise<void>
  /** Has visitors of the second get what those of the first get now. */
  readonly lend: (from: string, to: string) => Promise<void>
}

/**
 * In a folder that nginx knows. `groupId` is that of nginx's workers; null leaves the files to the
 * server's own.
 */
export function createCertificateFiles(
  folder: string,
  groupId: number | null,
  now: () => Date = () => new Date(),
): CertificateFiles {
  const versions = join(folder, '.versions')
  const makeFolder = async (path: string): Promise<void> => {
    await mkdir(path, { recursive: true, mode: 0o750 })
    await openToGroup(path, 0o750, groupId)
  }
  let turn: Promise<unknown> = Promise.resolve()
  // What was put away a moment ago is taken back after that.
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    read: (name) => readPair(join(folder, checkName(name))).catch(nullIfDamaged),
    write: async (name, pair, names) => {
      refuseUnfit(pair, names, now())
      const version = join(versions, checkName(name), randomBytes(6).toString('hex'))
      try {
        for (const path of [folder, versions, join(versions, name), version]) await makeFolder(path)
        await writeFileAtomically(join(version, 'fullchain.pem'), pair.chain, 0o640)
        await writeFileAtomically(join(version, 'privkey.pem'), pair.key, 0o640)
        for (const file of ['fullchain.pem', 'privkey.pem']) {
          await openToGroup(join(version, file), 0o640, groupId)
        }
      } catch (error) {
        await rm(version, { recursive: true, force: true })
        throw toDiskError(error, version)
      }
      const before = await readLinkIfAny(join(folder, name))
      // From here, so that it leads to the same where the data folder is brought elsewhere.
      await replaceLink(relative(folder, version), join(folder, name))
      await removeOthers(join(versions, name), [version, before])
    },
    putAway: (name) =>
      inTurn(async () => {
        const link = join(folder, checkName(name))
        if ((await readLinkIfAny(link)) !== null) await rm(link, { force: true })
      }),
    takeBack: (name) =>
      inTurn(async () => {
        const link = join(folder, checkName(name))
        if ((await readLinkIfAny(link)) !== null) return
        const kept = await findKept(join(versions, name), now())
        if (kept !== null) await replaceLink(relative(folder, kept), link)
      }),
    lend: (from, to) =>
      inTurn(async () => {
        const version = await readLinkIfAny(join(folder, checkName(from)))
        await replaceLink(version ?? from, join(folder, checkName(to)))
      }),
  }
}

/** What a handshake has begun with is read to its end from the version before. */
async function removeOthers(folder: string, kept: readonly (string | null)[]): Promise<void> {
  const names = kept.map((path) => (path === null ? '' : basename(path)))
  for (const version of await readdir(folder)) {
    if (!names.includes(version)) await rm(join(folder, version), { recursive: true, force: true })
  }
}

/** The version that is good for longest; null where none is. */
async function findKept(folder: string, now: Date): Promise<string | null> {
  let best: { readonly path: string; readonly notAfter: Date } | null = null
  for (const version of await readFolderIfAny(folder)) {
    const path = join(folder, version)
    const notAfter = (await readPair(path).catch(nullIfDamaged))?.notAfter ?? now
    if (notAfter > (best?.notAfter ?? now)) best = { path, notAfter }
  }
  return best?.path ?? null
}

async function readFolderIfAny(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  })
}

async function readPair(folder: string): Promise<ReadCertificate> {
  const [chain, key] = await Promise.all([
    readFile(join(folder, 'fullchain.pem'), 'utf8'),
    readFile(join(folder, 'privkey.pem'), 'utf8'),
  ])
  return parsePair({ chain, key })
}

/** A machine that is out of files or of memory says nothing of the certificate. */
function nullIfDamaged(error: unknown): null {
  if (hasErrorCode(error, 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EACCES')) throw error
  return null
}

/** Throws where the chain can't be read, or the key is not the certificate's. */
export function parsePair({ chain, key }: KeyPair): ReadCertificate {
  const parts = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const [certificate] = parts.map((pem) => new X509Certificate(pem))
  if (certificate === undefined) throw new Error('there is no certificate in what was issued')
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error('the certificate was made for another key')
  }
  return {
    certificate,
    key,
    authority: readAuthority(chain),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  }
}

function refuseUnfit(pair: KeyPair, names: readonly string[], now: Date): void {
  const { certificate, notBefore, notAfter } = parsePair(pair)
  for (const name of names) {
    // A wildcard is covered by itself only; any other name also by a wildcard.
    const covered = name.startsWith('*.')
      ? (certificate.subjectAltName ?? '').split(', ').includes(`DNS:${name}`)
      : certificate.checkHost(name, { subject: 'never' }) !== undefined
    if (!covered) throw new Error(`the certificate does not name ${name}`)
  }
  if (notAfter <= now) {
    throw new Error(
      `the certificate ended on ${notAfter.toISOString()}, and it is ${now.toISOString()} here: ` +
        'one of the two clocks is wrong',
    )
  }
  if (notBefore > now) {
    throw new Error(
      `the certificate begins on ${notBefore.toISOString()}, and it is ${now.toISOString()} ` +
        'here: one of the two clocks is wrong',
    )
  }
}

async function openToGroup(path: string, mode: number, groupId: number | null): Promise<void> {
  await chmod(path, mode)
  if (groupId !== null) await chown(path, -1, groupId)
}

function checkName(name: string): string {
  if (/^[a-z0-9_](?:[a-z0-9._-]{0,260}[a-z0-9])?$/.test(name) && !name.includes('..')) return name
  throw new Error(`no name of a certificate: ${name}`)
}
