/** A platform that answers where schemas are asked for, and nothing else. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PlatformSays {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export class SchemaPlatform implements AsyncDisposable {
  readonly #server: Server
  /** The paths that were asked for, in their order. */
  readonly asked: string[] = []
  /** What is answered from now on; null: nothing, ever. */
  says: (path: string, count: number) => PlatformSays | null = () => ({ status: 404 })

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response)
    })
  }

  static async start(port = 0): Promise<SchemaPlatform> {
    const platform = new SchemaPlatform()
    platform.#server.listen(port, '127.0.0.1')
    await once(platform.#server, 'listening')
    return platform
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  #answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url)
    const said = this.says(url, this.asked.length)
    if (said === null) return
    const { status = 200, headers = {}, body = '' } = said
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
}
