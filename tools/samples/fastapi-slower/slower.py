from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int | str]:
    total = sum(number * number for number in range(20_000))
    return {"item_id": item_id, "name": f"item {item_id}", "total": total}
