/** Signatures of Standard Webhooks, by which a receiver knows that a message is ours. */
import { createHmac } from 'node:crypto'
import type { Secret } from '../domain/secret.ts'

export interface Message {
  readonly id: string
  readonly sentAtMs: number
  readonly body: string
}

export function signMessage(secret: Secret, message: Message): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(message.sentAtMs / 1_000))
  const key = Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64')
  const signed = `${message.id}.${timestamp}.${message.body}`
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  }
}
