/** The inputs of a form. `Form.tsx` of a table says which there are, and in which order. */
import { type ReactNode, useId } from 'react'
import { ChoiceInput } from './choice-input.tsx'
import { describeInput } from './describe-input.ts'
import { FileInput } from './file-input.tsx'
import { Icon } from './icon.tsx'
import type { InputProps } from './input-props.ts'
import type { Field } from './model.ts'
import { RelationInput } from './relation-input.tsx'
import { SwitchInput, TextInput } from './text-input.tsx'
import { useTools } from './tools.ts'
import { useFormContext } from './use-form.ts'

/** The input that the type of the field wants, with its label, its help and its errors. */
export function Input({ field }: { field: Field }) {
  const { messages } = useTools()
  const form = useFormContext()
  const id = useId()
  const errors = form.errorsOf(field.name)
  const hasError = errors.length > 0
  const { help, isShort, attributes } = describeInput(field, { id, hasError, messages })
  const classes = ['field', isShort && 'field-half', hasError && 'has-error']
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      {field.type !== 'boolean' && <InputLabel field={field} id={id} />}
      {drawInput({
        field,
        value: form.valueOf(field.name),
        onChange: (value) => form.set(field.name, value),
        attributes,
      })}
      {help !== '' && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {hasError && (
        <p className="field-error" id={`${id}-error`}>
          <Icon name="alert" />
          {errors.join(' ')}
        </p>
      )}
    </div>
  )
}

function drawInput(props: InputProps): ReactNode {
  switch (props.field.type) {
    case 'boolean':
      return <SwitchInput {...props} />
    case 'choice':
      return <ChoiceInput {...props} />
    case 'relation':
    case 'relations':
      return <RelationInput {...props} />
    case 'file':
    case 'image':
      return <FileInput {...props} />
    default:
      return <TextInput {...props} />
  }
}

function InputLabel({ field, id }: { field: Field; id: string }) {
  const { messages } = useTools()
  return (
    <label className="field-label" id={`${id}-label`} htmlFor={id}>
      {field.label}{' '}
      {field.required !== true && <span className="field-optional">{messages.optional}</span>}
    </label>
  )
}
