/** What is being filled in for a row of a table. */
import { computed, inject, type InjectionKey, type Ref, shallowRef } from 'vue'
import type { ApiError } from './api.ts'
import { describeError } from './describe-error.ts'
import { idOf, type Row, type Table } from './model.ts'
import { useTools } from './tools.ts'
import { toApiError } from './use-load.ts'
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

type FieldErrors = ReadonlyMap<string, readonly string[]>

/** For a new row, `row` is null. */
export function useForm(table: Table, row: Row | null): Form {
  const { api, labels, messages } = useTools()
  const fields = Object.values(table.fields).filter(({ readOnly }) => readOnly !== true)
  const values = shallowRef(toFormValues(fields, row))
  const errors = shallowRef<FieldErrors>(new Map())
  const problems = shallowRef<readonly string[]>([])
  const isSaving = shallowRef(false)

  const refuse = (found: FieldErrors, texts: readonly string[]) => {
    errors.value = found
    problems.value = texts
    return null
  }

  const refuseBy = (error: ApiError) => {
    if (error.trouble !== 'invalid') {
      return refuse(new Map(), [describeError(error, messages).text])
    }
    // What is said of a field that isn't asked for has no other place than the top.
    const isAsked = (name: string) => fields.some((field) => field.name === name)
    const others = [...error.fields].filter(([name]) => !isAsked(name))
    const count = error.fields.size - others.length
    const texts = [
      ...error.messages,
      ...others.map(([name, about]) => `${name}: ${about.join(' ')}`),
      ...(count > 0 ? [messages.fixErrors(count)] : []),
    ]
    return refuse(error.fields, texts.length > 0 ? texts : [messages.failedText])
  }

  const save = async (incomplete: FieldErrors) => {
    const mistakes = new Map([...checkValues(fields, values.value, messages), ...incomplete])
    if (mistakes.size > 0) return refuse(mistakes, [messages.fixErrors(mistakes.size)])
    const changed = toValues(fields, values.value, row)
    if (row !== null && changed.size === 0) return row
    isSaving.value = true
    refuse(new Map(), [])
    try {
      const saved =
        row === null
          ? await api.create(table.name, changed)
          : await api.update(table.name, idOf(row), changed)
      labels.forget(table.name)
      return saved
    } catch (caught) {
      return refuseBy(toApiError(caught))
    } finally {
      isSaving.value = false
    }
  }

  return {
    valueOf: (name) => values.value.get(name) ?? '',
    errorsOf: (name) => errors.value.get(name) ?? [],
    set: (name, value) => {
      values.value = new Map(values.value).set(name, value)
      errors.value = new Map([...errors.value].filter(([key]) => key !== name))
    },
    problems,
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
