/** The document that describes all other rows, and itself. */
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { answerJson } from '../answer.ts'
import { renderOpenapi } from '../openapi.ts'
import type { RouteTable } from '../route.ts'

export function addOpenapiRoutes(table: RouteTable, config: Pick<Config, 'publicUrl'>): void {
  let document: object | null = null
  table.public({
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'This document.',
    answers: { 200: answerJson('OpenAPI 3.1.', z.looseObject({ openapi: z.string() })) },
    handle: () => {
      document ??= renderOpenapi(table.rows, { url: config.publicUrl })
      return Promise.resolve(document)
    },
  })
}
