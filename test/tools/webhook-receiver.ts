// A server that webhooks are sent to: it keeps what came, and answers what the test says.
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export class WebhookReceiver implements AsyncDisposable {
  readonly received: Received[] = []
  /** Of TCP, whether or not a request came. */
  connections = 0
  /** What is answered; null: nothing, ever. */
  answer: { readonly status: number; readonly headers?: Record<string, string> } | null = {
    status: 204,
  }
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        this.received.push({ headers: request.headers, body })
        const { answer } = this
        if (answer !== null) response.writeHead(answer.status, answer.headers).end('ignored')
      })
    })
    this.#server.on('connection', () => {
      this.connections += 1
    })
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}

/** The headers that Standard Webhooks wants, worked out from its text and nothing of ours. */
export function expectedSignature(secret: string, { headers, body }: Received): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const hmac = createHmac('sha256', key)
  hmac.update(Buffer.from(`${String(headers['webhook-id'])}.`))
  hmac.update(Buffer.from(`${String(headers['webhook-timestamp'])}.`))
  hmac.update(Buffer.from(body))
  return `v1,${hmac.digest('base64')}`
}
