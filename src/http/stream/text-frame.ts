/**
 * One text message of a server's, as RFC 6455 has it on the wire: whole, and not masked. Pure; made
 * here so that the same bytes go to every follower of a log.
 */

export function renderTextFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([renderHead(payload.length), payload])
}

const finalText = 0x81

function renderHead(length: number): Buffer {
  if (length < 126) return Buffer.from([finalText, length])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = finalText
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
