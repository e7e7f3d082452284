/** What is being filled in for a row of a table. */
import { computed, inject, type InjectionKey, type Ref, shallowRef } from 'vue'
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
  readonly problems: Readonly<Ref<readonly string[]>>
  readonly isChanged: Readonly<Ref<boolean>>
  readonly isSaving: Readonly<Ref<boolean>>
  /** The row as it is kept now; null when it was refused, as where something is `incomplete`. */
  readonly save: (incomplete: FieldErrors) => Promise<Row | null>
}

/** For a new row, `row` is null. */
export function useForm(table: Table, row: Row | null): Form {
  const tools = useTools()
  const { messages } = tools
  const fields = Object.values(table.fields).filter(({ readOnly }) => readOnly !== true)
  const values = shallowRef(toFormValues(fields, row))
  const mistakes = shallowRef(noMistakes)
  const isSaving = shallowRef(false)

  const refuse = (found: Mistakes) => {
    mistakes.value = found
    return null
  }

  const save = async (incomplete: FieldErrors) => {
    const found = new Map([...checkValues(fields, values.value, messages), ...incomplete])
    if (found.size > 0) return refuse({ fields: found, problems: [messages.fixErrors(found.size)] })
    const changed = toValues(fields, values.value, row)
    if (row !== null && changed.size === 0) return row
    isSaving.value = true
    mistakes.value = noMistakes
    try {
      return await saveRow(tools, { table, row, values: changed })
    } catch (thrown) {
      return refuse(describeRefusal(toApiError(thrown), fields, messages))
    } finally {
      isSaving.value = false
    }
  }

  return {
    valueOf: (name) => values.value.get(name) ?? '',
    errorsOf: (name) => mistakes.value.fields.get(name) ?? [],
    set: (name, value) => {
      values.value = new Map(values.value).set(name, value)
      const others = [...mistakes.value.fields].filter(([key]) => key !== name)
      mistakes.value = { ...mistakes.value, fields: new Map(others) }
    },
    problems: computed(() => mistakes.value.problems),
    isChanged: computed(() => isChanged(fields, values.value, row)),
    isSaving,
    save,
  }
}

export const formKey: InjectionKey<Form> = Symbol('form')

/** For the inputs inside of a form. */
export function useFormAround(): Form {
  const form = inject(formKey)
  if (form === undefined) throw new Error('An input stands outside of a form.')
  return form
}
