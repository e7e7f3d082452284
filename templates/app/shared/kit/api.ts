/** The client of the API that holds the rows: Django REST Framework, on the same origin. */
import { type Id, isRow, type Json, type Row, textOf } from './model.ts'
import { type Page, pageSize, readPaging } from './query.ts'

export interface Api {
  readonly list: (table: string, ask?: ListAsk, signal?: AbortSignal) => Promise<Page>
  readonly get: (table: string, id: Id, signal?: AbortSignal) => Promise<Row>
  readonly create: (table: string, values: Values) => Promise<Row>
  /** Sends the given values only. */
  readonly update: (table: string, id: Id, values: Values) => Promise<Row>
  readonly delete: (table: string, id: Id) => Promise<void>
}

export interface ListAsk {
  readonly search?: string
  readonly ordering?: string
  readonly paging?: string
  readonly size?: number
}

export type Values = ReadonlyMap<string, Json | File>

export type Trouble =
  | 'offline'
  | 'signedOut'
  | 'forbidden'
  /** A row, or a page of a list. */
  | 'missing'
  /** The backend has no such table, or not yet. */
  | 'noTable'
  /** The values were refused: see `fields` and `messages`. */
  | 'invalid'
  | 'failed'

export class ApiError extends Error {
  readonly trouble: Trouble
  /** What the API says about single fields. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** What it says about the whole. */
  readonly messages: readonly string[]

  constructor(trouble: Trouble, body?: unknown) {
    super(trouble)
    const { fields, messages } = readProblems(body)
    this.trouble = trouble
    this.fields = fields
    this.messages = messages
  }
}

/** What else is thrown is a mistake of the app's own. */
export function toApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : new ApiError('failed')
}

const timeoutMs = 30_000

export function createApi(projectId: string): Api {
  const root = `/api/v1/runtime/projects/${encodeURIComponent(projectId)}/tables`
  const addressOf = (table: string, id: Id) => {
    const segment = encodeURIComponent(String(id).toWellFormed())
    // A browser would take these for steps up the path.
    if (/^\.{0,2}$/.test(segment)) throw new ApiError('missing')
    return `${root}/${table}/${segment}/`
  }
  const patch = async (address: string, values: Values) =>
    readRow(await request(address, { method: 'PATCH', ...encode(values) }))

  return {
    list: async (table, ask = {}, signal) => {
      const hasPaging = (ask.paging ?? '') !== ''
      const missing = hasPaging ? 'missing' : 'noTable'
      return readPage(await request(`${root}/${table}/?${writeAsk(ask)}`, { signal, missing }), ask)
    },
    get: async (table, id, signal) => readRow(await request(addressOf(table, id), { signal })),
    create: async (table, values) =>
      readRow(
        await request(`${root}/${table}/`, {
          method: 'POST',
          missing: 'noTable',
          ...encode(values),
        }),
      ),
    update: async (table, id, values) => {
      const address = addressOf(table, id)
      const entries = [...values]
      const isEmptyList = ([, value]: (typeof entries)[number]) =>
        Array.isArray(value) && value.length === 0
      // An empty list can't be said beside a file: in a form it is the same as nothing.
      if (hasFile(values) && entries.some(isEmptyList)) {
        await patch(address, new Map(entries.filter(isEmptyList)))
        return patch(address, new Map(entries.filter((entry) => !isEmptyList(entry))))
      }
      return patch(address, values)
    },
    delete: async (table, id) => {
      await request(addressOf(table, id), { method: 'DELETE' })
    },
  }
}

async function request(
  address: string,
  { signal, missing = 'missing', ...init }: AskInit,
): Promise<unknown> {
  const headers = new Headers(init.headers)
  headers.set('Accept', 'application/json')
  const token = readCookie('csrftoken')
  if (init.method !== undefined && token !== null) headers.set('X-CSRFToken', token)
  const timeout = AbortSignal.timeout(timeoutMs)
  let response: Response
  let text: string
  try {
    response = await fetch(address, {
      ...init,
      headers,
      credentials: 'same-origin',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
    text = await response.text()
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError('offline')
  }
  const body = parseJson(text)
  if (!response.ok) throw new ApiError(troubleOf(response.status) ?? missing, body)
  // A page where data should be: the backend asks for a login, or isn't there.
  if (body === undefined && response.status !== 204 && init.method !== 'DELETE') {
    throw new ApiError(response.redirected ? 'signedOut' : 'failed')
  }
  return body
}

interface AskInit {
  readonly method?: 'POST' | 'PATCH' | 'DELETE'
  readonly headers?: Record<string, string>
  readonly body?: BodyInit
  readonly signal?: AbortSignal | undefined
  /** What is not there where the address leads nowhere. */
  readonly missing?: 'missing' | 'noTable'
}

/** Null where the address leads nowhere. */
function troubleOf(status: number): Trouble | null {
  if (status === 400 || status === 409 || status === 413 || status === 422) return 'invalid'
  if (status === 401) return 'signedOut'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 410) return null
  return status === 502 || status === 503 || status === 504 ? 'offline' : 'failed'
}

function writeAsk({ search = '', ordering = '', paging = '', size = pageSize }: ListAsk): string {
  const params = new URLSearchParams(paging)
  params.set('page_size', String(size))
  if (search !== '') params.set('search', search)
  if (ordering !== '') params.set('ordering', ordering)
  return params.toString()
}

/** A plain list is all there is: it is cut into pages here. */
function readPage(body: unknown, { paging = '', size = pageSize }: ListAsk): Page {
  if (Array.isArray(body)) {
    const number = Math.max(
      1,
      Math.trunc(Number(new URLSearchParams(paging).get('page') ?? 1)) || 1,
    )
    const end = number * size
    return {
      paging,
      rows: body.slice(end - size, end).filter(isRow),
      count: body.length,
      next: end < body.length ? `page=${number + 1}` : null,
      previous: number > 1 ? `page=${number - 1}` : null,
    }
  }
  if (!isRow(body) || !Array.isArray(body['results'])) throw new ApiError('failed')
  return {
    paging,
    rows: body['results'].filter(isRow),
    count: typeof body['count'] === 'number' ? body['count'] : null,
    next: readPaging(body['next']),
    previous: readPaging(body['previous']),
  }
}

function readRow(body: unknown): Row {
  if (!isRow(body)) throw new ApiError('failed')
  return body
}

function hasFile(values: Values): boolean {
  return [...values.values()].some((value) => value instanceof File)
}

function encode(values: Values): Pick<AskInit, 'body' | 'headers'> {
  if (!hasFile(values)) {
    const headers = { 'Content-Type': 'application/json' }
    return { headers, body: JSON.stringify(Object.fromEntries(values)) }
  }
  const form = new FormData()
  for (const [name, value] of values) {
    const parts: readonly (Json | File)[] = isList(value) ? value : [value]
    for (const part of parts) form.append(name, part instanceof File ? part : formText(part))
  }
  return { body: form }
}

function isList(value: Json | File): value is readonly Json[] {
  return Array.isArray(value)
}

function formText(value: Json): string {
  return value === null ? '' : textOf(value)
}

/** DRF's errors: `{field: [message]}`, `{non_field_errors: [message]}`, `{detail: message}`. */
function readProblems(body: unknown): Pick<ApiError, 'fields' | 'messages'> {
  if (!isRow(body)) return { fields: new Map(), messages: listMessages(body) }
  const fields = new Map(Object.entries(body).map(([name, value]) => [name, listMessages(value)]))
  const messages = ['non_field_errors', 'detail'].flatMap((name) => {
    const about = fields.get(name) ?? []
    fields.delete(name)
    return about
  })
  return { fields, messages }
}

function listMessages(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(listMessages)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readCookie(name: string): string | null {
  const start = `${name}=`
  const cookie = document.cookie.split('; ').find((part) => part.startsWith(start))
  return cookie === undefined ? null : cookie.slice(start.length)
}
