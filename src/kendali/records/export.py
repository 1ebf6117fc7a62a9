"""Lists as XLSX: `kendali.spreadsheet`, under the name the pages of records control use."""

from kendali.spreadsheet import CHUNK as CHUNK
from kendali.spreadsheet import MOST as MOST
from kendali.spreadsheet import TYPE as TYPE
from kendali.spreadsheet import workbook as workbook
