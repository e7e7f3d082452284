import { type DragEvent, useEffect, useState } from 'react'
import { Icon } from './icon.tsx'
import type { InputProps } from './input-props.ts'
import { useTools } from './tools.ts'
import { fileNameOf, isFileAddress } from './format.ts'
import type { FormValue } from './values.ts'

/** A file to send: chosen, or dropped here. */
export function FileInput({ field, value, onChange, attributes }: InputProps) {
  const { messages } = useTools()
  const [isOver, setIsOver] = useState(false)
  const isImage = field.type === 'image'
  const hasFile = value !== ''

  const drop = (event: DragEvent) => {
    event.preventDefault()
    setIsOver(false)
    const [file] = event.dataTransfer.files
    if (file !== undefined) onChange(file)
  }
  return (
    <div
      className={isOver ? 'upload is-over' : 'upload'}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      {isImage && hasFile ? (
        <Preview value={value} />
      ) : (
        <span className="upload-icon">
          <Icon name="file" />
        </span>
      )}
      <p className="upload-text">{hasFile ? nameOf(value) : messages.dropFile}</p>
      <div className="actions">
        <label className="button">
          <input
            {...attributes}
            className="visually-hidden"
            type="file"
            accept={isImage ? 'image/*' : undefined}
            onChange={(event) => {
              const [file] = event.target.files ?? []
              if (file !== undefined) onChange(file)
              // So that the same file can be chosen again after it was removed.
              event.target.value = ''
            }}
          />
          {hasFile ? messages.replaceFile : messages.chooseFile}
        </label>
        {hasFile && (
          <button
            type="button"
            className="button-icon"
            aria-label={messages.removeFile}
            onClick={() => onChange('')}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
    </div>
  )
}

function Preview({ value }: { value: FormValue }) {
  const [address, setAddress] = useState('')
  useEffect(() => {
    if (!(value instanceof File)) return setAddress(isFileAddress(value) ? String(value) : '')
    const made = URL.createObjectURL(value)
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [value])
  return address === '' ? (
    <span className="upload-preview" />
  ) : (
    <img className="upload-preview" src={address} alt="" />
  )
}

function nameOf(value: FormValue): string {
  return value instanceof File ? value.name : fileNameOf(String(value))
}
