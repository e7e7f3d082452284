import { useEffect, useState } from 'react'
import { filterByTitle, type Row, type Target } from './model.ts'
import { useTools } from './tools.ts'
import { type Asked, useRequest } from './use-request.ts'

const pauseMs = 200
const optionsMax = 20

/** The rows of a related table that match what people type, while they are asked for. */
export function useOptions(target: Target, text: string, isOpen: boolean): Asked<readonly Row[]> {
  const { api, labels } = useTools()
  const search = useSettled(text.trim())
  const asked = useRequest(isOpen ? search : null, async (signal) => {
    const { rows } = await api.list(target.table, { search, size: optionsMax }, signal)
    labels.learn(target, rows)
    return rows.slice(0, optionsMax)
  })
  if (asked.data === null || (search === text.trim() && !asked.isLoading)) return asked
  // Whoever types and presses Enter at once must not get what an older text has found.
  const data = filterByTitle(asked.data, target, text)
  return { ...asked, data: data.length === 0 ? null : data }
}

/** The text as it was when people last paused. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
