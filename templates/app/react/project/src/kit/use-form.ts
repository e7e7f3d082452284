import { createContext, use, useState } from 'react'
import { toApiError } from './api.ts'
import type { Row, Table } from './model.ts'
import {
  describeRefusal,
  type FieldErrors,
  type Mistakes,
  noMistakes,
  saveRow,
} from './save-row.ts'
import { useTools } from './tools.ts'
import { checkValues, type FormValue, isChanged, toFormValues, toValues } from './values.ts'

export interface Form {
  readonly valueOf: (name: string) => FormValue
  readonly errorsOf: (name: string) => readonly string[]
  readonly set: (name: string, value: FormValue) => void
  /** What is wrong with the whole; empty where nothing is. */
  readonly problems: readonly string[]
  /** Counts the refusals: after each, the focus goes where it is needed. */
  readonly refusals: number
  readonly isChanged: boolean
  readonly isSaving: boolean
  /** The row as it is kept now; null when it was refused, as where something is `incomplete`. */
  readonly save: (incomplete: FieldErrors) => Promise<Row | null>
}

/** What is being filled in for a row of a table, or for a new one where `row` is null. */
export function useForm(table: Table, row: Row | null): Form {
  const tools = useTools()
  const { messages } = tools
  const fields = Object.values(table.fields).filter(({ readOnly }) => readOnly !== true)
  const [values, setValues] = useState(() => toFormValues(fields, row))
  const [mistakes, setMistakes] = useState(noMistakes)
  const [refusals, setRefusals] = useState(0)
  const [isSaving, setIsSaving] = useState(false)

  const refuse = (found: Mistakes) => {
    setMistakes(found)
    setRefusals((count) => count + 1)
    return null
  }

  const save = async (incomplete: FieldErrors) => {
    const found = new Map([...checkValues(fields, values, messages), ...incomplete])
    if (found.size > 0) return refuse({ fields: found, problems: [messages.fixErrors(found.size)] })
    const changed = toValues(fields, values, row)
    if (row !== null && changed.size === 0) return row
    setIsSaving(true)
    setMistakes(noMistakes)
    try {
      return await saveRow(tools, { table, row, values: changed })
    } catch (thrown) {
      return refuse(describeRefusal(toApiError(thrown), fields, messages))
    } finally {
      setIsSaving(false)
    }
  }

  return {
    valueOf: (name) => values.get(name) ?? '',
    errorsOf: (name) => mistakes.fields.get(name) ?? [],
    set: (name, value) => {
      setValues((before) => new Map(before).set(name, value))
      setMistakes((before) => ({ ...before, fields: without(before.fields, name) }))
    },
    problems: mistakes.problems,
    refusals,
    isChanged: isChanged(fields, values, row),
    isSaving,
    save,
  }
}

export const FormContext = createContext<Form | null>(null)

/** For the inputs inside of a form. */
export function useFormContext(): Form {
  const form = use(FormContext)
  if (form === null) throw new Error('An input stands outside of a form.')
  return form
}

function without<T>(map: ReadonlyMap<string, T>, name: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([key]) => key !== name))
}
