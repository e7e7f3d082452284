/**
 * Sealed texts: AES-256-GCM under a key that is not in the database. A sealed text is bound to its
 * place, so that it opens nowhere else.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export interface Seal {
  readonly close: (text: string, place: string) => Buffer
  /** Null where it was closed by another key, at another place, or was changed since. */
  readonly open: (sealed: Buffer, place: string) => string | null
  /** Equal for equal texts; tells nobody without the key what they are. */
  readonly fingerprint: (text: string) => string
}

const nonceBytes = 12
const tagBytes = 16
const algorithm = 'aes-256-gcm'

export function createSeal(secretKey: Buffer): Seal {
  const sealKey = deriveKey(secretKey, 'slipway variables')
  const printKey = deriveKey(secretKey, 'slipway fingerprints')
  return {
    close: (text, place) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, sealKey, nonce).setAAD(Buffer.from(place))
      const hidden = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), hidden])
    },
    open: (sealed, place) => {
      const nonce = sealed.subarray(0, nonceBytes)
      const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes)
      const hidden = sealed.subarray(nonceBytes + tagBytes)
      try {
        const decipher = createDecipheriv(algorithm, sealKey, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(place)).setAuthTag(tag)
        return Buffer.concat([decipher.update(hidden), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
    fingerprint: (text) => createHmac('sha256', printKey).update(text).digest('hex'),
  }
}

function deriveKey(secretKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', purpose, 32))
}
