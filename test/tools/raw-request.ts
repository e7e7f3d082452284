/** HTTP requests as they stand on the wire, for the tests of the door; and what a refusal must be. */
import { connect } from 'node:net'
import { expect } from 'vitest'

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface RawRequest {
  readonly method?: string
  /** Null: none. */
  readonly token: string | null
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks without following or mending anything. A body is sent as JSON unless the headers differ. */
export async function ask(url: string, request: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', token, body, headers } = request
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly hint: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** Holds an answer against RFC 9457, and returns it as a problem. */
export function expectProblem({ status, headers, text }: RawAnswer, code?: string): Problem {
  expect(headers.get('content-type'), text).toBe('application/problem+json; charset=utf-8')
  const problem = JSON.parse(text) as Problem
  expect(problem).toMatchObject({
    status,
    type: `urn:slipway:error:${problem.code}`,
    title: expect.stringMatching(/^[A-Z]/),
    detail: expect.stringMatching(/\S/),
    hint: expect.stringMatching(/\S/),
  })
  expect(`${problem.detail} ${problem.hint}`).not.toMatch(/\{[a-z_]+\}/)
  for (const { pointer, detail } of problem.errors ?? []) {
    expect(pointer).toMatch(/^(?:\/(?:[^~]|~[01])*)?$/u)
    expect(detail).not.toBe('')
  }
  if (code !== undefined) expect(problem.code, text).toBe(code)
  return problem
}

/** Writes bytes to the port and answers all that comes back until the other side ends it. */
export function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      answer += part
    })
    socket.once('error', reject)
    socket.once('close', () => {
      resolve(answer)
    })
    socket.write(bytes)
  })
}
