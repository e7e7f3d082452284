/** Gives the tables of an app the names that they have in its code. */
import type { AppRequest } from '../contracts/generate.ts'
import { nameIdentifiers } from '../domain/schema/identifiers.ts'
import type { NamedApp } from './framework-template.ts'

export function nameApp({ schema, identity }: AppRequest): NamedApp {
  const identifiers = nameIdentifiers(schema.tables.map(({ name }) => name))
  return {
    framework: schema.framework,
    locale: schema.locale,
    identity,
    title: schema.title ?? identity.name,
    tables: schema.tables.map((table) => {
      const identifier = identifiers.get(table.name)
      if (identifier === undefined) throw new Error(`no identifier for ${table.name}`)
      return { ...table, identifier }
    }),
  }
}
