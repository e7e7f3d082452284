/** A project's own variables: their names are shown, their values never. */
import { z } from 'zod'
import { limits } from '../../config.ts'
import type { VariableStore } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import { parseVariableName } from '../../domain/variables.ts'
import { answerJson, answerNothing } from '../answer.ts'
import { pageOf } from '../paging.ts'
import { namingField } from '../problem.ts'
import type { RouteTable } from '../route.ts'
import { variableShape } from '../shapes.ts'

const newValue = z.strictObject({
  value: z
    .string()
    .refine(
      (value) => Buffer.byteLength(value) <= limits.variableBytesMax,
      `must have at most ${limits.variableBytesMax} bytes`,
    )
    .refine((value) => !value.includes('\0'), 'must not hold the character NUL')
    .refine((value) => value.isWellFormed(), 'must not hold half a character'),
})

const nameFields = {
  variable_name_invalid: '/path/name',
  variable_name_reserved: '/path/name',
} as const

export function addVariableRoutes(table: RouteTable, variables: VariableStore): void {
  const path = '/api/v1/runtime/projects/:project/env'

  table.project({
    method: 'GET',
    path,
    access: 'read',
    summary: "The names of a project's own variables. Their values are never shown again.",
    answers: {
      200: answerJson(`All of them: at most ${limits.variablesMax}.`, pageOf(variableShape)),
    },
    handle: (project) =>
      Promise.resolve({
        results: variables.list(project.id).map(({ name, updatedAt }) => ({
          name,
          updated_at: updatedAt.toISOString(),
        })),
        next: null,
      }),
  })

  table.project({
    method: 'PUT',
    path: `${path}/:name`,
    access: 'admin',
    audit: 'env.set',
    summary: 'Sets a variable that the builds of a project see from the next one on.',
    description:
      'Kept encrypted. Wherever a build prints the value, `[hidden]` stands in its log: whole, on ' +
      'one line, and of at least 4 characters. What a build encodes or takes apart is not found.',
    body: newValue,
    example: { value: 'https://api.example.org' },
    answers: {
      200: answerJson('It has the new value.', variableShape),
      201: answerJson('It is new.', variableShape),
    },
    refusals: ['variable_name_invalid', 'variable_name_reserved', 'variables_too_large'],
    handle: async (project, { body, parameters, reply }) => {
      const name = await namingField(nameFields, async () =>
        parseVariableName(parameters['name'] ?? ''),
      )
      void reply.code(variables.set(project.id, name, body.value) ? 201 : 200)
      const set = variables.list(project.id).find((variable) => variable.name === name)
      return { name, updated_at: (set?.updatedAt ?? new Date()).toISOString() }
    },
  })

  table.project({
    method: 'DELETE',
    path: `${path}/:name`,
    access: 'admin',
    audit: 'env.unset',
    summary: 'Deletes a variable.',
    answers: { 204: answerNothing('Builds see it no more.') },
    refusals: ['variable_name_invalid', 'variable_name_reserved', 'variable_not_found'],
    handle: async (project, { parameters, reply }) => {
      const name = await namingField(nameFields, async () =>
        parseVariableName(parameters['name'] ?? ''),
      )
      if (!variables.remove(project.id, name))
        throw new SlipwayError('variable_not_found', { name })
      void reply.code(204)
    },
  })
}
