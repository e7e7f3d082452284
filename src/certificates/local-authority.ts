/**
 * A certificate authority of this machine's own, for names that no public one signs: `*.localhost`
 * in the demo. Its root may sign for the given domain only, so whoever trusts it trusts it for no
 * more (RFC 5280, section 4.2.1.10).
 */
import 'reflect-metadata'
import { createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { hasErrorCode, writeFileAtomically } from '../machine/files.ts'
import type { KeyPair } from './certificate-files.ts'

export interface LocalAuthority {
  /** PEM; what a browser is told to trust. */
  readonly root: string
  /** For a key that is given as PEM, or for a new one. */
  readonly issue: (names: readonly string[], key?: string | null) => Promise<KeyPair>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day = 24 * 3_600_000
const rootDays = 3_650
/** The longest that browsers take is longer; this one is renewed like any other. */
const leafDays = 90
/** A visitor's clock may be late. */
const earlyMs = 3_600_000

export const localRootFile = 'local-root.pem'

/** Opens the authority in the folder, made at its first use. */
export async function openLocalAuthority(
  folder: string,
  domain: string,
  now: () => Date = () => new Date(),
): Promise<LocalAuthority> {
  x509.cryptoProvider.set(webcrypto)
  const known = await readRoot(folder, domain)
  const { root, key } = known ?? (await makeRoot(folder, domain, now()))
  return {
    root: root.toString('pem'),
    issue: async (names, known = null) => {
      const keyText = known ?? (await makeKey())
      const publicKey = readPublicKey(keyText)
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: '',
        issuer: root.subject,
        notBefore: new Date(now().getTime() - earlyMs),
        notAfter: new Date(now().getTime() + leafDays * day),
        signingAlgorithm: algorithm,
        publicKey,
        signingKey: key,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: 'dns' as const, value })),
            true,
          ),
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
          await x509.SubjectKeyIdentifierExtension.create(publicKey),
        ],
      })
      return {
        chain: `${leaf.toString('pem')}\n${root.toString('pem')}\n`,
        key: keyText,
      }
    },
  }
}

interface Root {
  readonly root: x509.X509Certificate
  readonly key: webcrypto.CryptoKey
}

/** Null where there is none yet, or it was made for another domain. */
async function readRoot(folder: string, domain: string): Promise<Root | null> {
  try {
    const [text, keyText] = await Promise.all([
      readFile(join(folder, localRootFile), 'utf8'),
      readFile(join(folder, 'local-root.key'), 'utf8'),
    ])
    const root = new x509.X509Certificate(text)
    if (root.subject !== nameOf(domain) || root.notAfter < new Date()) return null
    const bytes = x509.PemConverter.decodeFirst(keyText)
    const key = await webcrypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign'])
    return { root, key }
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return null
    throw error
  }
}

async function makeRoot(folder: string, domain: string, now: Date): Promise<Root> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: nameOf(domain),
    notBefore: new Date(now.getTime() - earlyMs),
    notAfter: new Date(now.getTime() + rootDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      permitOnly(domain),
    ],
  })
  await writeFileAtomically(join(folder, 'local-root.key'), await exportKey(keys.privateKey), 0o600)
  await writeFileAtomically(join(folder, localRootFile), `${root.toString('pem')}\n`, 0o644)
  return { root, key: keys.privateKey }
}

/** The domain and all below it: `GeneralSubtrees` of one DNS name. */
function permitOnly(domain: string): x509.Extension {
  const name = Buffer.from(domain, 'ascii')
  const dnsName = der(0x82, name)
  const permitted = der(0xa0, der(0x30, dnsName))
  return new x509.Extension('2.5.29.30', true, der(0x30, permitted))
}

function der(tag: number, content: Buffer): Buffer {
  if (content.length > 127)
    return Buffer.concat([Buffer.from([tag, 0x82]), length16(content), content])
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}

function length16(content: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(content.length)
  return length
}

function nameOf(domain: string): string {
  return `CN=Slipway of ${domain}`
}

/** Positive, of 128 random bits. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}

async function makeKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return exportKey(privateKey)
}

/** Of any private key: an operator may have put one of another kind there. */
function readPublicKey(keyText: string): x509.PublicKey {
  return new x509.PublicKey(createPublicKey(keyText).export({ type: 'spki', format: 'der' }))
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key)
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`
}
