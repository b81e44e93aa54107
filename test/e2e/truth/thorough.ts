/** Whether everything is carried out (`FLOR_TRUTH=all`), which takes many minutes, or a sample of it. */
export const isThorough = process.env.FLOR_TRUTH === 'all'
