/** git's packet lines (gitprotocol-common(5)): four hexadecimal digits of length, then the bytes. */

export const flushPacket = '0000'

/** The digits count bytes, not characters. */
export function renderPacket(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text
}

export type Packet = { readonly kind: 'flush' } | { readonly kind: 'data'; readonly data: Buffer }

/** The packet at the start of `bytes` and what follows it; null where more bytes are needed. */
export function readPacket(
  bytes: Buffer,
): { readonly packet: Packet; readonly rest: Buffer } | null {
  if (bytes.length < 4) return null
  const digits = bytes.toString('latin1', 0, 4)
  const length = /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
  if (length === 0) return { packet: { kind: 'flush' }, rest: bytes.subarray(4) }
  if (!(length >= 4)) throw new Error(`no packet line starts with ${JSON.stringify(digits)}`)
  if (bytes.length < length) return null
  return {
    packet: { kind: 'data', data: bytes.subarray(4, length) },
    rest: bytes.subarray(length),
  }
}
